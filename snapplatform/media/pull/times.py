"""Times of one stream: any clock's ticks to milliseconds that begin near 0 and never go back."""

from fractions import Fraction

_STEP_MS = 40  # over a break, where nothing better is known
_LONGEST_STEP_MS = 10_000  # a longer one is another clock, as after a discontinuity
_LONGEST_DELAY_MS = 10_000  # from decoding to showing


class Times:
    """next() takes packets in decode order."""

    def __init__(self, time_base: Fraction) -> None:
        self._numerator, self._denominator = time_base.numerator * 1000, time_base.denominator
        self._last: int | None = None  # dts in ms, the stream's own
        self._shift = 0
        self._newest = 0

    def next(self, pts: int | None, dts: int | None) -> tuple[int, int]:
        """pts and dts in ms; a packet may lack either."""
        dts = pts if dts is None else dts
        raw = self._newest - self._shift + _STEP_MS if dts is None else self._ms(dts)
        if self._last is None:
            self._shift = -raw
        elif not 0 <= raw - self._last <= _LONGEST_STEP_MS:
            self._shift = self._newest + _STEP_MS - raw
        self._last = raw
        self._newest = raw + self._shift
        delay = 0 if pts is None or dts is None else self._ms(pts - dts)
        return self._newest + min(max(delay, 0), _LONGEST_DELAY_MS), self._newest

    def _ms(self, ticks: int) -> int:
        return ticks * self._numerator // self._denominator
