"""A playing peer: chunks out, bounded by what the peer reads."""

from typing import Protocol

from snapplatform.rtmp import amf0, messages


class Outlet(Protocol):
    """What a player writes to."""

    def write(self, data: bytes) -> None: ...

    def unsent(self) -> int:
        """Bytes that wait for the peer to read."""


class StreamPlayer:
    """Implements interface.Player for one play command."""

    def __init__(self, outlet: Outlet, stream_id: int, buffer_bytes: int, name: str) -> None:
        self.stream_id = stream_id
        self.paused = False
        self.muted: set[int] = set()  # message kinds that the peer asked not to get
        self._outlet = outlet
        self._buffer_bytes = buffer_bytes
        self._name = name
        self._begun = False
        self._closed = False

    @property
    def over(self) -> bool:
        """Whether the peer was told that nothing more comes; it may play something else on its connection."""
        return self._closed

    def begin(self) -> None:
        """Answer the play command. Also called by the first send(), which may come earlier."""
        if self._begun or self._closed:
            return
        self._begun = True
        number = self.stream_id
        self._outlet.write(
            messages.user_control(messages.STREAM_BEGIN, number)
            + messages.status("NetStream.Play.Reset", f"Playing {self._name}.", stream_id=number)
            + messages.status("NetStream.Play.Start", f"Started playing {self._name}.", stream_id=number)
            + messages.media(messages.DATA, 0, number, amf0.encode_all("|RtmpSampleAccess", True, True))
        )

    def send(self, kind: int, timestamp: int, payload: bytes) -> bool:
        if self._closed or self.paused:
            return False
        self.begin()
        if self._outlet.unsent() > self._buffer_bytes:
            return False
        if kind not in self.muted:
            self._outlet.write(messages.media(kind, timestamp, self.stream_id, payload))
        return True

    def end(self) -> None:
        if self._closed:
            return
        self.begin()
        self._closed = True
        number, text = self.stream_id, f"{self._name} is no longer published."
        self._outlet.write(
            messages.user_control(messages.STREAM_EOF, number)
            + messages.status("NetStream.Play.UnpublishNotify", text, stream_id=number)
        )

    def close(self) -> None:
        """Nothing is sent from now on."""
        self._closed = True
