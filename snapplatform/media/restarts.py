"""How long a dead decoder's successor waits, so that one bad stream cannot keep starting interpreters."""

from __future__ import annotations

from collections import deque

# Failures in a row wait 0, 0.1, 0.2, 0.4, ... seconds: a single accident is mended at once.
FIRST_SECONDS = 0.1
MAX_SECONDS = 5.0
# Good pictures in between reset the failures in a row; beyond this many a minute that counts no more.
PER_MINUTE = 60


class RestartPacer:
    """Delays for the restarts of one pool. Times are seconds of a monotonic clock."""

    def __init__(self) -> None:
        self._starts: deque[float] = deque(maxlen=PER_MINUTE)

    def delay(self, failures_in_a_row: int, now: float) -> float:
        """Seconds to wait before the restart that is being asked for, which is counted."""
        crowded = len(self._starts) == PER_MINUTE and now - self._starts[0] < 60
        self._starts.append(now)
        if crowded:
            return MAX_SECONDS
        if failures_in_a_row <= 1:
            return 0.0
        return min(FIRST_SECONDS * 2.0 ** min(failures_in_a_row - 2, 10), MAX_SECONDS)
