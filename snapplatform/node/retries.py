"""When a source that went away is tried again."""

import random
from collections.abc import Callable

WAITS = (1.0, 2.0, 5.0, 10.0, 30.0)
JITTER = 0.2  # of each wait, up and down: sources that share a server don't all come back at one moment
# Pictures for this long are a success. A server that takes everybody in and drops them again has none.
STEADY_SECONDS = 10.0


class Retries:
    """The waits of one source. `chance` gives numbers from 0 to 1."""

    def __init__(self, chance: Callable[[], float] = random.random) -> None:
        self._chance = chance
        self._failures = 0

    def wait(self, flowed: float) -> float:
        """Seconds to wait after a connection that gave pictures for `flowed` seconds."""
        if flowed >= STEADY_SECONDS:
            self._failures = 0
        wait = WAITS[min(self._failures, len(WAITS) - 1)]
        self._failures += 1
        return wait * (1 - JITTER + 2 * JITTER * self._chance())

    def succeeded(self) -> None:
        """It gave all that was wanted."""
        self._failures = 0
