"""A capture process in the database: it registers, beats, leaves, is buried. Times are the database's."""

import os
import socket
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection, models
from django.db.models.functions import Now

from snapplatform import clock
from snapplatform.cluster.models import Node
from snapplatform.errors import ForeignHost, NodeBuried

# How long a node may go without a beat before others take what it holds.
TTL_SECONDS = 10.0
BEAT_SECONDS = TTL_SECONDS / 3
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
DEAD_AFTER = timedelta(seconds=TTL_SECONDS)


@dataclass(frozen=True, slots=True)
class Beat:
    """What a node hears when it beats: its clock minus the database's, in ms, and whether it is to drain."""

    offset_ms: int
    draining: bool


def register(*, rtmp_address: str, capacity: int = 0) -> Node:
    """A new row for this process. Rows of dead processes of the same host are closed at once.

    Raises ForeignHost when a node of another host uses this SQLite file, whose locks don't reach there.
    """
    host = socket.gethostname()
    for old in Node.objects.filter(host=host, stopped_at=None):
        if gone(old):
            bury(old.pk, old.beat, reason="its process is gone")
    stranger = alive().exclude(host=host).first()
    if connection.vendor == "sqlite" and stranger is not None:
        raise ForeignHost(stranger.host)
    node = Node.objects.create(
        host=host,
        place=_place(),
        pid=os.getpid(),
        rtmp_address=rtmp_address,
        capacity=capacity,
        beat_at=Now(),
        started_at=Now(),
    )
    node.refresh_from_db()
    return node


def beat(node_id: UUID, stats: dict[str, Any]) -> Beat:
    """Count the beat up and keep the node's figures. One question and one write.

    Raises NodeBuried when others took this node for dead: it holds nothing any more.
    """
    row = Node.objects.filter(pk=node_id, stopped_at=None)
    connection.ensure_connection()  # making one takes a while, and would look like a clock that is off
    before = clock.now()
    asked = row.annotate(now=Now()).values_list("now", "drain_requested_at").first()
    middle = before + (clock.now() - before) / 2
    if asked is None:
        raise NodeBuried(str(node_id))
    database_now, drain_requested_at = asked
    offset = round((middle - database_now).total_seconds() * 1000)
    if not row.update(beat=models.F("beat") + 1, beat_at=Now(), stats=stats, clock_offset_ms=offset):
        raise NodeBuried(str(node_id))
    return Beat(offset, drain_requested_at is not None)


def drained(node_id: UUID) -> bool:
    """Say that the node has given everything away. False: it said so before, or is not to drain any more."""
    row = Node.objects.filter(pk=node_id, stopped_at=None, drain_requested_at__isnull=False, drained_at=None)
    return row.update(drained_at=Now()) == 1


def leave(node_id: UUID) -> None:
    """The process stops in good order."""
    Node.objects.filter(pk=node_id, stopped_at=None).update(stopped_at=Now())


def bury(node_id: UUID, beat: int, *, reason: str = "it missed its beats") -> bool:
    """Close the row of a node that is taken for dead, unless it beat meanwhile. What it held is free then."""
    row = Node.objects.filter(pk=node_id, beat=beat, stopped_at=None)
    return row.update(stopped_at=Now(), stop_reason=reason) == 1


def beats() -> dict[UUID, int]:
    """The beat counters of all nodes that aren't stopped, for a BeatWatch."""
    return dict(Node.objects.filter(stopped_at=None).values_list("pk", "beat"))


def alive() -> models.QuerySet[Node]:
    """Nodes that beat lately by the database's clock: for showing. Claims ask whether the row is closed."""
    return Node.objects.filter(stopped_at=None, beat_at__gt=Now() - DEAD_AFTER)


def taking() -> models.QuerySet[Node]:
    """Living nodes that something new may be placed on: those that don't drain."""
    return alive().filter(drain_requested_at=None)


def gone(node: Node) -> bool:
    """Whether its process ran on this machine, since this boot, and does no more."""
    here = (socket.gethostname(), _place())
    return (node.host, node.place) == here and not _runs(node.pid)


def _place() -> str:
    """This boot and its space of process ids: two containers may have one name, and equal numbers."""
    try:
        return f"{BOOT_ID.read_text().strip()} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return ""  # not Linux: the host's name has to do


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
