"""What a pulled stream's sink gets, looked at on its way."""

from collections.abc import Callable

from snapplatform.rtmp import flv
from snapplatform.rtmp.interface import Sink

_NEEDS_HEADER = ("h264", "hevc", "av1", "vp9")


class Watch:
    """A Sink before the real one: sees whether anything comes, and calls `on_keyframe`, if given, after a
    keyframe that can be decoded: one that came after the sequence header of its codec."""

    def __init__(self, sink: Sink, on_keyframe: Callable[[], None] | None) -> None:
        self.playing = False
        self.videos = self.sounds = 0
        self._sink = sink
        self._on_keyframe = on_keyframe
        self._headed = False

    @property
    def patience(self) -> float:
        return self._sink.patience

    def metadata(self, payload: bytes) -> None:
        self._sink.metadata(payload)

    def video(self, timestamp: int, payload: bytes) -> None:
        self.playing = True
        self.videos += 1
        self._sink.video(timestamp, payload)
        if self._on_keyframe is None:
            return
        tag = flv.parse_video(payload)
        if tag is None:
            return
        self._headed = self._headed or tag.packet == flv.SEQUENCE_HEADER
        if tag.is_keyframe and (self._headed or tag.codec not in _NEEDS_HEADER):
            self._on_keyframe()

    def audio(self, timestamp: int, payload: bytes) -> None:
        self.playing = True
        self.sounds += 1
        self._sink.audio(timestamp, payload)

    def close(self, reason: str) -> None:
        self._sink.close(reason)
