"""The live streams of this process."""

from uuid import UUID

from snapplatform.streams.livestream import LiveStream


class Hub:
    """The live streams of this process, by account and name."""

    def __init__(self) -> None:
        self._by_name: dict[tuple[int, str], LiveStream] = {}

    def add(self, stream: LiveStream) -> None:
        self._by_name[stream.held.account_id, stream.held.name] = stream

    def remove(self, stream: LiveStream) -> None:
        key = (stream.held.account_id, stream.held.name)
        if self._by_name.get(key) is stream:
            del self._by_name[key]

    def find(self, account_id: int, name: str) -> LiveStream | None:
        return self._by_name.get((account_id, name))

    def streams(self) -> list[LiveStream]:
        return list(self._by_name.values())

    def by_id(self) -> dict[UUID, LiveStream]:
        return {stream.held.stream_id: stream for stream in self._by_name.values()}
