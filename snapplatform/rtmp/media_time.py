"""Time stamps of one publication, unwrapped."""


class MediaTime:
    """Times travel modulo 2**32 ms (49.7 days): the one nearest to the last is meant."""

    def __init__(self) -> None:
        self._last_raw: int | None = None
        self._last = 0

    def unwrap(self, raw: int) -> int:
        """Milliseconds from the publisher's own zero, never below it. The first time is taken as it stands:
        a publisher's clock may begin anywhere."""
        if self._last_raw is None:
            self._last = raw
        else:
            step = (raw - self._last_raw) & 0xFFFFFFFF
            self._last += step if step < 0x80000000 else step - 0x100000000
        self._last_raw = raw
        return max(0, self._last)
