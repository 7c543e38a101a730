"""How long a dead child's successor waits."""

import os
from collections import deque

from snapplatform import clock

_FIRST_SECONDS = 0.5
_MAX_SECONDS = 30.0
# A child that lived this long has recovered; its next death starts at the first delay again.
_HEALTHY_SECONDS = 60.0
# However healthy it looks in between, no child is started more often than this.
_STARTS = 20
_STARTS_SECONDS = 600.0
# The child says that a new start is the cure: a capture node that others took for dead.
START_AGAIN = os.EX_TEMPFAIL


class Backoff:
    """How long to wait before the next start of one child."""

    def __init__(self) -> None:
        self._failures = 0
        self._starts: deque[float] = deque(maxlen=_STARTS)

    def started(self) -> None:
        self._starts.append(clock.monotonic())

    def delay(self, code: int | None = None) -> float:
        """Seconds from now, after the child that started last has ended with `code`."""
        now = clock.monotonic()
        self._failures = 1 if now - self._starts[-1] >= _HEALTHY_SECONDS else self._failures + 1
        delay = min(_FIRST_SECONDS * 2.0 ** min(self._failures - 1, 10), _MAX_SECONDS)
        if code == START_AGAIN and self._failures == 1:
            delay = 0.0
        if len(self._starts) == _STARTS:
            delay = max(delay, self._starts[0] + _STARTS_SECONDS - now)
        return delay
