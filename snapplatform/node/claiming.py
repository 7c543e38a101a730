"""What a node asks the database about pulled streams at each turn; all of it in the database's thread."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models.functions import Now

from jobs import demand, waiting
from snapplatform import clock
from snapplatform.cluster.watch import BeatWatch, bury_lapsed
from snapplatform.streams import live, placement, pulls, reasons
from snapplatform.streams.live import Held
from snapplatform.streams.models import Stream
from snapplatform.streams.pulls import Claim

# So many a turn: where many are free, all nodes come to their turn before the first one has them all.
CLAIMED_AT_ONCE = 16
# Somebody else's share that nobody takes for this long is anybody's: its node may hang and not be dead yet.
PATIENCE_SECONDS = 1.5
# Of nodes that don't say what they are meant to hold.
DEFAULT_CAPACITY = 200

Words = tuple[Stream.State, str]  # what a row should say: state, and why it isn't there


@dataclass(frozen=True, slots=True)
class Sight:
    """What a turn found: the streams this node holds now, which of them are disabled accounts', and how often
    jobs want pictures of each."""

    claims: list[Claim]
    disabled: list[Held]
    between: Mapping[UUID, float]
    took: int


@dataclass(slots=True)
class Claiming:
    """Remembers what it saw at earlier turns."""

    node_id: UUID
    watch: BeatWatch = field(default_factory=BeatWatch)
    _since: dict[UUID, float] = field(default_factory=dict)  # free streams, and when we first saw them so

    def turn(
        self,
        said: Mapping[Held, tuple[Words | None, Words]],
        left: Mapping[Held, str],
        *,
        may_claim: bool,
    ) -> Sight:
        """Write what rows should say (before, now) and which streams were let go (why), bury dead nodes, take
        a share of the streams that nobody holds, and look what we hold."""
        for held, (before, now) in said.items():
            _say(held, before, now)
        for held, reason in left.items():
            _let_go(held, reason)
        if bury_lapsed(self.watch, but=self.node_id):
            live.release_dead()
        took = self._claim() if may_claim else []
        claims, disabled = pulls.standing(self.node_id)
        between = demand.seconds_between([claim.held.stream_id for claim in claims])
        return Sight(claims, disabled, between, len(took))

    def _claim(self) -> list[Claim]:
        now = clock.monotonic()
        free = pulls.unheld(demand.wanted())
        self._since = {stream: self._since.get(stream, now) for stream in free}
        loads = pulls.loads(DEFAULT_CAPACITY) if free else {}
        mine = loads.get(self.node_id)
        if mine is None:  # nothing is free, or nothing may be placed here
            return []
        overdue = sum(now - since >= PATIENCE_SECONDS for since in self._since.values())
        wanted = max(placement.share(self.node_id, loads, len(free)), overdue)
        most = min(wanted, CLAIMED_AT_ONCE, mine.capacity - mine.held)
        if most <= 0:
            return []
        taken = pulls.claim(node_id=self.node_id, wanted=demand.wanted(), among=free, most=most)
        waiting.set_connecting([claim.held.stream_id for claim in taken])
        return taken


def leave(held: Collection[Held], reason: str) -> None:
    """The node stops: others may take these at once."""
    for one in held:
        _let_go(one, reason)


def _say(held: Held, before: Words | None, now: Words) -> None:
    state, reason = now
    facts: dict[str, object] = {"state": state, "offline_reason": reason}
    if before is None or before[0] != state:
        if state == Stream.State.LIVE:
            facts |= {"online_since": Now(), "offline_since": None}
        elif before is not None:
            facts["offline_since"] = Now()
    live.describe(held, **facts)


def _let_go(held: Held, reason: str) -> None:
    if live.go_offline(held, reason):
        waiting.set_waiting(held.stream_id, reasons.NO_NODE)
