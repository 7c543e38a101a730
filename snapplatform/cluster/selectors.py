"""Reading side of nodes, for who runs the site."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from snapplatform import clock
from snapplatform.access.permissions import require_operator
from snapplatform.access.principal import Principal
from snapplatform.cluster.models import Node
from snapplatform.cluster.standing import Standing, standings
from snapplatform.errors import NodeAmbiguous, NodeNotFound
from snapplatform.ids import parse_id

_NAMED = 5
# Where a prefix is searched: long dead nodes are no matter of commands.
_SEARCHED = 1000


def list_nodes(*, principal: Principal, stopped: bool = False) -> QuerySet[Node]:
    """Nodes with the database's `now`, oldest first; with `stopped` also those that are gone."""
    require_operator(principal, "snap:ListNodes", "node")
    rows = Node.objects.annotate(now=Now()).order_by("started_at", "pk")
    return rows if stopped else rows.filter(stopped_at=None)


def look(*, principal: Principal, stopped: bool = False) -> tuple[list[Standing], datetime]:
    """How all nodes stand, and the database's time. `stopped`: also those that are gone."""
    rows = list(list_nodes(principal=principal, stopped=stopped))
    now: datetime = getattr(rows[0], "now") if rows else clock.now()  # noqa: B009 - annotated
    return standings(rows, now), now


def get_node(*, principal: Principal, node_id: object) -> Node:
    """One node by id. Raises NodeNotFound."""
    require_operator(principal, "snap:GetNode", "node", node_id)
    node = Node.objects.filter(pk=parse_id(node_id)).first()
    if node is None:
        raise NodeNotFound(id=str(node_id))
    return node


def standings_of(rows: Sequence[Node]) -> dict[UUID, Standing]:
    """How each of these rows stands, seen together with the other nodes of their machines. One query.

    For pages that have asked for permission already.
    """
    hosts = {row.host for row in rows}
    wanted = Q(pk__in=[row.pk for row in rows]) | Q(host__in=hosts, stopped_at=None)
    around = list(Node.objects.filter(wanted).annotate(now=Now()))
    if not around:
        return {}
    now: datetime = getattr(around[0], "now")  # noqa: B009 - annotated
    return {one.node.pk: one for one in standings(around, now)}


def find_node(*, principal: Principal, text: str) -> Node:
    """The node that `text` names: the start of its id, or host:pid. Of several, one that runs is meant.

    Raises NodeNotFound, NodeAmbiguous.
    """
    require_operator(principal, "snap:GetNode", "node", text)
    found = _named(text)
    running = [node for node in found if node.stopped_at is None]
    if not found:
        raise NodeNotFound(id=text)
    if len(running or found) > 1:
        names = tuple(f"{node} ({node.pk})" for node in (running or found)[:_NAMED])
        raise NodeAmbiguous(text, names)
    return (running or found)[0]


def _named(text: str) -> list[Node]:
    host, _, pid = text.rpartition(":")
    if host and pid.isascii() and pid.isdecimal() and len(pid) < 10:
        return list(Node.objects.filter(Q(host=host, pid=int(pid))))
    start = text.strip().lower().replace("-", "")
    if not start:
        return []
    newest = Node.objects.order_by("-pk")[:_SEARCHED]  # SQLite and PostgreSQL write ids differently
    return [node for node in newest if node.pk.hex.startswith(start)]
