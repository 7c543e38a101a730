"""A capture process in the database: registering, beating, leaving. Times are the database's."""

import os
import socket
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models.functions import Now

from snapplatform import clock
from snapplatform.cluster.models import Node

BEAT_SECONDS = 3.0
# A node that missed three beats is taken for dead, and what it held may be claimed by others.
DEAD_AFTER = timedelta(seconds=10)


def register(*, rtmp_address: str) -> Node:
    """A new row for this process. Rows of dead processes of the same host are closed at once."""
    host = socket.gethostname()
    for old in Node.objects.filter(host=host, stopped_at=None):
        if not _runs(old.pid):
            Node.objects.filter(pk=old.pk, stopped_at=None).update(stopped_at=Now())
    node = Node.objects.create(
        host=host, pid=os.getpid(), rtmp_address=rtmp_address, beat_at=Now(), started_at=Now()
    )
    node.refresh_from_db()
    return node


def beat(node_id: UUID, stats: dict[str, Any]) -> int:
    """Count the beat up and keep the node's figures. Returns our clock minus the database's, in ms."""
    before = clock.now()
    Node.objects.filter(pk=node_id).update(beat=models.F("beat") + 1, beat_at=Now(), stats=stats)
    database_now = Node.objects.values_list("beat_at", flat=True).get(pk=node_id)
    middle = before + (clock.now() - before) / 2
    offset = round((middle - database_now).total_seconds() * 1000)
    Node.objects.filter(pk=node_id).update(clock_offset_ms=offset)
    return offset


def leave(node_id: UUID) -> None:
    """The process stops in good order."""
    Node.objects.filter(pk=node_id, stopped_at=None).update(stopped_at=Now())


def alive() -> models.QuerySet[Node]:
    """Nodes that beat lately, by the database's clock."""
    return Node.objects.filter(stopped_at=None, beat_at__gt=Now() - DEAD_AFTER)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
