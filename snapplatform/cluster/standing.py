"""How a node stands: its state and since when, what it costs, how much more it would take, what is wrong."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from snapplatform.cluster.models import Node
from snapplatform.cluster.nodes import DEAD_AFTER

ALIVE, DRAINING, DRAINED, SILENT, STOPPED = "alive", "draining", "drained", "silent", "stopped"
RUNNING = (ALIVE, DRAINING, DRAINED)
IN_GOOD_ORDER = "it was told to"

# Leases don't look at clocks, but pictures carry the node's time.
CLOCK_WARNING_MS = 500
# Of one stream of 1080p30 with a picture each 5 s: docs/benchmarks.md.
USUAL_CORES = 0.007
# What the node's own figures say counts from this many streams on: with fewer, its idle cost is most of it.
JUDGED_FROM = 5
# A stream that is only received; below that a share is an error of measuring.
LEAST_CORES = 0.0016
# Left free of the machine's cores: a node at its limit takes pictures late.
RESERVE = 0.15


@dataclass(frozen=True, slots=True)
class Spool:
    """Pictures that wait on the node's disk. The age is in seconds, None when the node does not tell.

    `full`: it takes no more, so new pictures are skipped.
    """

    entries: int
    bytes: int
    oldest: float | None
    full: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """What a node's row says at `now`, the database's clock. Figures are of its last beat."""

    node: Node
    state: str
    since: datetime
    reason: str
    streams: int
    head_room: int
    bound: str  # what bounds the head-room: "capacity" or "cpu"; "" when it takes nothing
    cpu_cores: float | None
    cores: int | None
    pictures_per_second: float | None
    spool: Spool | None
    warnings: list[str]
    stats: dict[str, Any]

    @property
    def running(self) -> bool:
        return self.state in RUNNING

    @property
    def load(self) -> float | None:
        """The share of its machine's cores that the node and its decoders use, 0 to 1."""
        return None if self.cpu_cores is None or not self.cores else self.cpu_cores / self.cores

    @property
    def left(self) -> dict[str, int]:
        """What a draining node has still to give away or to finish, by name."""
        found = self.stats.get("left")
        return found if isinstance(found, dict) else {}


def standings(rows: Iterable[Node], now: datetime) -> list[Standing]:
    """Of all nodes of the site: those of one machine share what it has left."""
    listed = list(rows)
    together = Counter(node.host for node in listed if _state(node, now)[0] in RUNNING)
    return [_standing(node, now, max(1, together[node.host])) for node in listed]


def _standing(node: Node, now: datetime, neighbours: int) -> Standing:
    state, since, reason = _state(node, now)
    stats = node.stats if isinstance(node.stats, dict) else {}
    streams = _whole(stats.get("streams"))
    room, bound = _room(node.capacity, streams, stats, neighbours) if state == ALIVE else (0, "")
    cores = _number(stats.get("cores"))
    spool = _spool(stats.get("spool"))
    return Standing(
        node=node,
        state=state,
        since=since,
        reason=reason,
        streams=streams,
        head_room=room,
        bound=bound,
        cpu_cores=_number(stats.get("cpu_cores")),
        cores=int(cores) if cores else None,
        pictures_per_second=_number(stats.get("pictures_per_second")),
        spool=spool,
        warnings=_warnings(node, stats, spool) if state in RUNNING else [],
        stats=stats,
    )


def _state(node: Node, now: datetime) -> tuple[str, datetime, str]:
    if node.stopped_at is not None:
        return STOPPED, node.stopped_at, node.stop_reason or IN_GOOD_ORDER
    if now - node.beat_at > DEAD_AFTER:
        return SILENT, node.beat_at, ""
    if node.drained_at is not None:
        return DRAINED, node.drained_at, ""
    if node.drain_requested_at is not None:
        return DRAINING, node.drain_requested_at, ""
    return ALIVE, node.started_at, ""


def _room(capacity: int, streams: int, stats: dict[str, Any], neighbours: int) -> tuple[int, str]:
    """How many more streams like those that it has the node would take, and what bounds that."""
    by_mark = max(0, capacity - streams)
    idle, cores, used = (_number(stats.get(name)) for name in ("idle_cores", "cores", "cpu_cores"))
    if idle is None or not cores:
        return by_mark, "capacity"
    each = max(used / streams, LEAST_CORES) if used and streams >= JUDGED_FROM else USUAL_CORES
    by_cpu = max(0, int((idle - RESERVE * cores) / neighbours / each))
    return (by_mark, "capacity") if by_mark <= by_cpu else (by_cpu, "cpu")


def _warnings(node: Node, stats: dict[str, Any], spool: Spool | None) -> list[str]:
    found = []
    if (offset := node.clock_offset_ms) and abs(offset) > CLOCK_WARNING_MS:
        side = "ahead of" if offset > 0 else "behind"
        found.append(f"its clock is {abs(offset)} ms {side} the database's")
    if _number(stats.get("decoders_ready")) == 0:
        found.append("no decoder is ready")
    if spool is not None and spool.entries:
        found.append(_waiting(spool))
    return found


def _waiting(spool: Spool) -> str:
    waiting = "1 picture waits" if spool.entries == 1 else f"{spool.entries} pictures wait"
    return (
        f"{waiting} in its spool, which is full: new ones are skipped"
        if spool.full
        else (f"{waiting} in its spool")
    )


def _spool(told: object) -> Spool | None:
    if not isinstance(told, dict):
        return None
    oldest = _number(told.get("oldest_seconds"))
    return Spool(_whole(told.get("entries")), _whole(told.get("bytes")), oldest, told.get("full") is True)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _whole(value: object) -> int:
    return int(_number(value) or 0)
