"""When a connection has waited too long, and for what."""

from snapplatform.rtmp.limits import Limits


class Deadlines:
    """Looked at by the server about each `Limits.tick_seconds`, so that a read costs no timer."""

    def __init__(self, limits: Limits, now: float) -> None:
        self._limits = limits
        self._opened = now
        self._since = now  # the state began, a publisher sent something, or a player kept up
        self._state = ""
        self._bytes_in = 0

    def restart(self, now: float) -> None:
        """What is waited for has changed."""
        self._since = now

    def overdue(
        self, now: float, *, handshaken: bool, state: str, bytes_in: int, unsent: int
    ) -> tuple[str, str] | None:
        """Kind (a metric label) and reason, or None. `state` as in role.py."""
        limits = self._limits
        sent = state == "publishing" and bytes_in != self._bytes_in
        kept_up = state == "playing" and unsent <= limits.player_buffer_bytes
        if sent or kept_up or state != self._state:
            self._since = now
        self._state, self._bytes_in = state, bytes_in
        waited = now - self._since
        if not handshaken and now - self._opened > limits.handshake_seconds:
            return "timeout", "timed out: no handshake"
        if not state and waited > limits.idle_seconds:
            return "timeout", "timed out: neither published nor played"
        if state == "publishing" and waited > limits.silence_seconds:
            return "timeout", "timed out"
        if state == "playing" and waited > limits.player_behind_seconds:
            return "slow reader", "the player does not keep up"
        return None

    def lingered(self, now: float) -> bool:
        """Whether a refused peer has had its time to read why."""
        return now - self._since > self._limits.linger_seconds
