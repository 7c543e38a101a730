"""Which streams each node holds."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from snapplatform import clock
from snapplatform.access.permissions import require_operator
from snapplatform.access.principal import Principal
from snapplatform.cluster.selectors import list_nodes
from snapplatform.cluster.standing import Standing, standings
from snapplatform.streams.models import Stream

Holdings = dict[UUID, list[Stream]]


def look(*, principal: Principal, stopped: bool = False) -> tuple[list[Standing], Holdings, datetime]:
    """How all nodes stand, what they hold, and the database's time. `stopped`: also those that are gone."""
    rows = list(list_nodes(principal=principal, stopped=stopped))
    now: datetime = getattr(rows[0], "now") if rows else clock.now()  # noqa: B009 - annotated
    return standings(rows, now), holdings(principal=principal, nodes=[node.pk for node in rows]), now


def holdings(*, principal: Principal, nodes: Collection[UUID]) -> Holdings:
    """The streams of all accounts that each of these nodes holds, by name; no entry for one without any."""
    require_operator(principal, "snap:ListNodes", "node")
    found: Holdings = {}
    rows = Stream.objects.filter(node__in=list(nodes)).exclude(state=Stream.State.OFFLINE)
    for stream in rows.select_related("account").order_by("name", "pk"):
        if stream.node_id is not None:
            found.setdefault(stream.node_id, []).append(stream)
    return found
