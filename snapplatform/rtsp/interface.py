"""What a pulled stream is written into. All calls come on the loop and must not block it."""

from typing import Protocol


class Sink(Protocol):
    """The pictures of one stream, in decode order. Neutral: nothing in it is RTSP's."""

    @property
    def patience(self) -> float:
        """For how many seconds pictures may wait to be read together: the more, the less a stream costs. 0 is
        at once. Asked for about once a second."""
        ...

    def on_config(self, codec: str, extradata: bytes) -> None:
        """`codec` is h264 with an avcC (ISO 14496-15, 5.3.3), or hevc with an hvcC (8.3.3). Called before the
        first access unit, and again when the parameter sets change; the next one is a keyframe."""

    def on_access_unit(
        self, pts_ms: int, dts_ms: int, keyframe: bool, data: bytes, source_time: float | None
    ) -> None:
        """`data`: NAL units, each after its length in four bytes. Times begin near 0; dts never goes back.
        `source_time`: seconds of Unix time by the camera's clock, None as long as it tells none."""

    def on_end(self, reason: str) -> None:
        """Called exactly once; no other call follows."""


class AudioSink(Protocol):
    """The sound of the same stream. Its times begin at 0 by themselves: `source_time` joins it to the
    pictures."""

    def on_audio_config(self, codec: str, config: bytes) -> None:
        """`codec` is aac, `config` an AudioSpecificConfig (ISO 14496-3, 1.6.2.1)."""

    def on_audio(self, pts_ms: int, data: bytes, source_time: float | None) -> None:
        """One raw AAC frame."""
