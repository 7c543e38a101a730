"""Whether a pulled stream still flows, whatever protocol it comes by."""

from typing import Protocol

from snapplatform.net.ending import EndKind, PullEnd


class FlowLimits(Protocol):
    """Seconds."""

    @property
    def silence_seconds(self) -> float: ...
    @property
    def video_seconds(self) -> float: ...
    @property
    def keyframe_seconds(self) -> float: ...


class Flow:
    """Looked at about each second, so that a read costs no timer. What is given to it are counters that only
    grow; when they last grew is found here."""

    def __init__(self, limits: FlowLimits, now: float, *, until_keyframe: bool) -> None:
        self._limits = limits
        self._until_keyframe = until_keyframe
        self._bytes_in = self._videos = self._sounds = 0  # sounds: up to the newest picture
        self.restart(now)

    def restart(self, now: float) -> None:
        """What is waited for begins only now."""
        self._since = self._bytes_at = self._video_at = now

    def overdue(self, now: float, *, bytes_in: int, videos: int, sounds: int) -> PullEnd | None:
        """Why it should end, or None."""
        if bytes_in != self._bytes_in:
            self._bytes_in, self._bytes_at = bytes_in, now
        if videos != self._videos:
            self._videos, self._sounds, self._video_at = videos, sounds, now
        limits = self._limits
        if now - self._bytes_at > limits.silence_seconds:
            return PullEnd(EndKind.SILENCE, f"nothing for {limits.silence_seconds:g} s")
        if now - self._video_at > limits.video_seconds:
            kind = EndKind.SILENCE if sounds == self._sounds else EndKind.NO_VIDEO
            return PullEnd(kind, f"no picture for {limits.video_seconds:g} s")
        if self._until_keyframe and now - self._since > limits.keyframe_seconds:
            return PullEnd(EndKind.NO_VIDEO, f"no keyframe for {limits.keyframe_seconds:g} s")
        return None
