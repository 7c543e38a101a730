"""What a pulled stream is written into; the same calls as those of snapplatform/rtsp/interface.py."""

from typing import Protocol


class Sink(Protocol):
    """The pictures of one stream, in decode order. All calls come on the loop and must not block it."""

    def on_config(self, codec: str, extradata: bytes) -> None:
        """`codec` is h264 with an avcC (ISO 14496-15, 5.3.3), or hevc with an hvcC (8.3.3). Called before the
        first access unit, and again when the parameter sets change; the next one is a keyframe."""

    def on_access_unit(
        self, pts_ms: int, dts_ms: int, keyframe: bool, data: bytes, source_time: float | None
    ) -> None:
        """`data`: NAL units, each after its length in four bytes. Times begin near 0; dts never goes back.
        `source_time` is always None: the library tells no camera's clock."""

    def on_end(self, reason: str) -> None:
        """Called exactly once; no other call follows."""
