"""Between a source's connection and the live stream that it feeds."""

from collections.abc import Callable

from snapplatform.rtmp import flv
from snapplatform.streams.livestream import LiveStream


class Feed:
    """The sink of one connection: what comes goes on to the live stream, which outlives the connection."""

    def __init__(self, stream: LiveStream, on_picture: Callable[[], None]) -> None:
        self.first = self.last = 0.0  # when pictures came
        self.began_at = stream.bytes
        self._codec, self._last_dts = "", 0
        self._stream = stream
        self._on_picture = on_picture

    @property
    def flowed(self) -> float:
        """For how many seconds pictures came."""
        return self.last - self.first

    @property
    def patience(self) -> float:
        return self._stream.patience

    def metadata(self, payload: bytes) -> None:
        self._stream.metadata(payload)

    def video(self, timestamp: int, payload: bytes) -> None:
        self._stream.video(timestamp, payload)
        self.last = self._stream.touched
        if not self.first:
            self.first = self.last
            self._on_picture()

    def audio(self, timestamp: int, payload: bytes) -> None:
        self._stream.audio(timestamp, payload)

    def close(self, reason: str) -> None:
        """The connection has ended; the stream has not."""

    # As a sink of protocols that know no FLV. What they give goes on as FLV, which is what players get.

    def on_config(self, codec: str, extradata: bytes) -> None:
        self._codec = codec
        self.video(self._last_dts, flv.header(codec, extradata))

    def on_access_unit(
        self, pts_ms: int, dts_ms: int, keyframe: bool, data: bytes, source_time: float | None
    ) -> None:
        self._last_dts = dts_ms
        self.video(dts_ms, flv.frame(self._codec, data, keyframe=keyframe, composition_ms=pts_ms - dts_ms))

    def on_end(self, reason: str) -> None:
        self.close(reason)
