"""Which nodes are dead, as seen from here: those whose beat stood still for the lease's time on our clock.

No wall clock takes part, neither ours nor another machine's, so setting one hour forward kills nobody.
"""

from collections.abc import Mapping
from uuid import UUID

from snapplatform import clock
from snapplatform.cluster import nodes


class BeatWatch:
    """Looks at beat counters again and again; one per process."""

    def __init__(self, ttl: float = nodes.TTL_SECONDS) -> None:
        self._ttl = ttl
        self._seen: dict[UUID, tuple[int, float]] = {}  # node -> its beat, and when we first saw that one
        self._looked = float("-inf")

    def lapsed(self, beats: Mapping[UUID, int], now: float) -> list[UUID]:
        """The nodes whose beat we have seen unchanged for the whole time-to-live."""
        if now - self._looked > self._ttl / 2:
            self._seen.clear()  # we slept, or the database was away: they may have beaten unseen
        self._looked = now
        self._seen = {
            node: seen if (seen := self._seen.get(node)) and seen[0] == beat else (beat, now)
            for node, beat in beats.items()
        }
        return [node for node, (_, since) in self._seen.items() if now - since >= self._ttl]


def bury_lapsed(watch: BeatWatch, *, but: UUID | None = None) -> int:
    """Close the rows of nodes that `watch` finds dead; returns how many. `but`: ourselves."""
    beats = nodes.beats()
    lapsed = watch.lapsed(beats, clock.monotonic())
    return sum(nodes.bury(node, beats[node]) for node in lapsed if node != but)
