"""Until when this node may act as the holder of what it holds: the others can't have taken it before."""

import asyncio
import logging
from collections.abc import Callable

from snapplatform import clock
from snapplatform.cluster import nodes
from snapplatform.node import metrics

log = logging.getLogger("snapplatform.node")

# What a holder needs to let go, before the others may take over.
MARGIN_SECONDS = 2.0


class Lease:
    """Renewed by every beat that the database took. On the monotonic clock.

    Others take a node for dead when they saw one beat unchanged for the TTL, and they saw it after it was
    asked for; so until `ends`, TTL less a margin after that, nobody else holds what this node holds. Whoever
    contacts the outside in the lease's name (a pulled stream) asks `holds` before, and is told of the lapse.
    What only listens and writes (publishers, pictures) may go on: its writes carry the epoch.
    """

    def __init__(self) -> None:
        self.ends = float("-inf")
        self._on_lapse: list[Callable[[], None]] = []
        self._timer: asyncio.TimerHandle | None = None

    @property
    def holds(self) -> bool:
        return clock.monotonic() < self.ends

    def on_lapse(self, call: Callable[[], None]) -> None:
        """`call` runs on the loop each time the lease lapses; it must let go within MARGIN_SECONDS."""
        self._on_lapse.append(call)

    def renew(self, asked_at: float) -> None:
        """A beat that began at `asked_at` has arrived."""
        self.ends = asked_at + nodes.TTL_SECONDS - MARGIN_SECONDS
        self.end()
        wait = self.ends - clock.monotonic()
        self._timer = asyncio.get_running_loop().call_later(max(0.0, wait), self._lapse)

    def end(self) -> None:
        """Watch no longer."""
        if self._timer is not None:
            self._timer.cancel()

    def _lapse(self) -> None:
        log.error("no beat got through for %.0f s: the lease is over", nodes.TTL_SECONDS - MARGIN_SECONDS)
        metrics.LEASES_LAPSED.inc()
        for call in self._on_lapse:
            try:
                call()
            except Exception:
                log.exception("something did not let go when the lease lapsed")
