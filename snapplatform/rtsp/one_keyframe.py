"""A sink for those who want one picture and no more."""

from collections.abc import Callable

from snapplatform.rtsp.interface import Sink


class OneKeyframe:
    """A Sink before the real one: `on_keyframe` is called at the first keyframe; nothing passes after it."""

    def __init__(self, sink: Sink, on_keyframe: Callable[[], None]) -> None:
        self._sink = sink
        self._on_keyframe = on_keyframe
        self._done = False

    @property
    def patience(self) -> float:
        return 0.0

    def on_config(self, codec: str, extradata: bytes) -> None:
        if not self._done:
            self._sink.on_config(codec, extradata)

    def on_access_unit(
        self, pts_ms: int, dts_ms: int, keyframe: bool, data: bytes, source_time: float | None
    ) -> None:
        if not self._done:
            self._sink.on_access_unit(pts_ms, dts_ms, keyframe, data, source_time)
            self._done = keyframe
            if keyframe:
                self._on_keyframe()

    def on_end(self, reason: str) -> None:
        self._sink.on_end(reason)
