"""What `manage.py nodes` says of the capture nodes: a table, or JSON."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from snapplatform.adminkit import size, span
from snapplatform.cluster.standing import DRAINING, STOPPED, Spool, Standing
from snapplatform.streams.holdings import Holdings

HEADS = (
    *("NODE", "ID", "STATE", "SINCE", "ADDRESS", "STREAMS", "ROOM"),
    *("CPU", "PICTURES/S", "CLOCK", "DECODERS", "QUEUE", "SPOOL"),
)
# The part of an id that tells when the node started, to the millisecond.
ID_SHOWN = 13
NOTHING = "-"


def table(found: list[Standing], held: Holdings, now: datetime) -> Iterator[str]:
    """Lines for a terminal: one per node, and below it what is wrong with it."""
    rows = [HEADS, *(_cells(one, held.get(one.node.pk, []), now) for one in found)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADS))]
    for number, row in enumerate(rows):
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        if number:
            yield from (f"  ! {warning}" for warning in found[number - 1].warnings)


def streams(found: list[Standing], held: Holdings) -> Iterator[str]:
    """The streams of each node, with accounts and whether they are published to us or pulled."""
    for one in found:
        for stream in held.get(one.node.pk, []):
            yield f"{one.node}  {stream.account}  {stream.name}  {stream.kind}"


def as_dict(one: Standing, held: Holdings) -> dict[str, Any]:
    """The same for programs; docs/reliability.md tells the keys."""
    node = one.node
    return {
        "id": str(node.pk),
        "host": node.host,
        "pid": node.pid,
        "state": one.state,
        "since": one.since.isoformat(),
        "reason": one.reason,
        "last_beat": node.beat_at.isoformat(),
        "started": node.started_at.isoformat(),
        "address": node.rtmp_address,
        "capacity": node.capacity,
        "head_room": one.head_room,
        "head_room_bound": one.bound,
        "load": None if one.load is None else round(one.load, 3),
        "pictures_per_second": one.pictures_per_second,
        "clock_offset_ms": node.clock_offset_ms,
        "left": one.left if one.state == DRAINING else {},
        "warnings": one.warnings,
        "streams": [
            {"account": str(row.account_id), "name": row.name, "kind": row.kind, "state": row.state}
            for row in held.get(node.pk, [])
        ],
        "stats": one.stats,
    }


def _cells(one: Standing, held: list[Any], now: datetime) -> tuple[str, ...]:
    node, stats = one.node, one.stats
    gone = one.state == STOPPED
    return (
        str(node),
        str(node.pk)[:ID_SHOWN],
        f"{one.state} ({one.reason})" if one.reason else one.state,
        span((now - one.since).total_seconds()),
        node.rtmp_address or NOTHING,
        NOTHING if gone else _counted(held),
        _room(one) if one.running else NOTHING,
        NOTHING if one.cpu_cores is None or gone else f"{one.cpu_cores:.2f} of {one.cores}",
        NOTHING if one.pictures_per_second is None or gone else f"{one.pictures_per_second:.1f}",
        f"{node.clock_offset_ms:+d} ms",
        _decoders(stats),
        NOTHING if gone else str(stats.get("writer_queue", NOTHING)),
        _spool(one.spool),
    )


def _room(one: Standing) -> str:
    """How many more streams it would take; and "cpu" where that is less than its capacity leaves."""
    return f"{one.head_room} (cpu)" if one.bound == "cpu" else str(one.head_room)


def _counted(held: list[Any]) -> str:
    """The number of streams, and how many of them are pulled."""
    pulled = sum(stream.kind == "pulled" for stream in held)
    return f"{len(held)}, {pulled} pulled" if pulled else str(len(held))


def _decoders(stats: dict[str, Any]) -> str:
    ready, restarts = stats.get("decoders_ready"), stats.get("decoder_restarts")
    if ready is None:
        return NOTHING
    return f"{ready}, {restarts} restarted" if restarts else str(ready)


def _spool(spool: Spool | None) -> str:
    if spool is None:
        return NOTHING
    if not spool.entries:
        return "empty"
    oldest = f", {span(spool.oldest)}" if spool.oldest is not None else ""
    return f"{spool.entries}, {size(spool.bytes)}{oldest}"
