"""When a pulled stream has waited too long, and for what."""

from snapplatform.rtmp.ending import EndKind, PullEnd
from snapplatform.rtmp.limits import ClientLimits
from snapplatform.rtmp.watch import Watch


class PullDeadlines:
    """Looked at by the client about each `ClientLimits.tick_seconds`, so that a read costs no timer."""

    def __init__(self, limits: ClientLimits, now: float, *, until_keyframe: bool) -> None:
        self._limits = limits
        self._until_keyframe = until_keyframe
        self._phase = (False, False)  # handshaken, playing
        self._since = self._bytes_at = self._video_at = now  # when the phase, byte, picture came
        self._bytes_in = self._videos = self._sounds = 0  # sounds: up to the newest picture

    def overdue(self, now: float, *, handshaken: bool, watch: Watch, bytes_in: int) -> PullEnd | None:
        """Why it should end, or None."""
        if (handshaken, watch.playing) != self._phase:
            self._phase = (handshaken, watch.playing)
            self._since = self._bytes_at = self._video_at = now
        if bytes_in != self._bytes_in:
            self._bytes_in, self._bytes_at = bytes_in, now
        if watch.videos != self._videos:
            self._videos, self._sounds, self._video_at = watch.videos, watch.sounds, now
        limits = self._limits
        if not handshaken:
            late = now - self._since > limits.handshake_seconds
            return PullEnd(EndKind.HANDSHAKE_TIMEOUT) if late else None
        if not watch.playing:
            late = now - self._since > limits.answer_seconds
            return PullEnd(EndKind.ANSWER_TIMEOUT) if late else None
        if now - self._bytes_at > limits.silence_seconds:
            return PullEnd(EndKind.SILENCE, f"nothing for {limits.silence_seconds:g} s")
        if now - self._video_at > limits.video_seconds:
            kind = EndKind.SILENCE if watch.sounds == self._sounds else EndKind.NO_VIDEO
            return PullEnd(kind, f"no picture for {limits.video_seconds:g} s")
        if self._until_keyframe and now - self._since > limits.keyframe_seconds:
            return PullEnd(EndKind.NO_VIDEO, f"no keyframe for {limits.keyframe_seconds:g} s")
        return None
