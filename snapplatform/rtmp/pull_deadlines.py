"""When a pulled stream has waited too long, and for what."""

from snapplatform.net.ending import EndKind, PullEnd
from snapplatform.net.flow import Flow
from snapplatform.rtmp.limits import ClientLimits
from snapplatform.rtmp.watch import Watch


class PullDeadlines:
    """Looked at by the client about each `ClientLimits.tick_seconds`, so that a read costs no timer."""

    def __init__(self, limits: ClientLimits, now: float, *, until_keyframe: bool) -> None:
        self._limits = limits
        self._phase = (False, False)  # handshaken, playing
        self._since = now  # when the phase began
        self._flow = Flow(limits, now, until_keyframe=until_keyframe)

    def overdue(self, now: float, *, handshaken: bool, watch: Watch, bytes_in: int) -> PullEnd | None:
        """Why it should end, or None."""
        if (handshaken, watch.playing) != self._phase:
            self._phase = (handshaken, watch.playing)
            self._since = now
            self._flow.restart(now)
        limits = self._limits
        if not handshaken:
            late = now - self._since > limits.handshake_seconds
            return PullEnd(EndKind.HANDSHAKE_TIMEOUT) if late else None
        if not watch.playing:
            late = now - self._since > limits.answer_seconds
            return PullEnd(EndKind.ANSWER_TIMEOUT) if late else None
        return self._flow.overdue(now, bytes_in=bytes_in, videos=watch.videos, sounds=watch.sounds)
