"""Time stamps of one publication, unwrapped."""


class MediaTime:
    """Times travel modulo 2**32 ms (49.7 days): the one nearest to the last is meant."""

    def __init__(self) -> None:
        self._last_raw = self._last = 0

    def unwrap(self, raw: int) -> int:
        """Milliseconds from the publisher's own zero, never below it."""
        step = (raw - self._last_raw) & 0xFFFFFFFF
        self._last_raw = raw
        self._last += step if step < 0x80000000 else step - 0x100000000
        return max(0, self._last)
