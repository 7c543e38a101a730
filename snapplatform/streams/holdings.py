"""Which streams each node holds."""

from collections.abc import Collection
from uuid import UUID

from snapplatform.access.permissions import require_operator
from snapplatform.access.principal import Principal
from snapplatform.streams.models import Stream

Holdings = dict[UUID, list[Stream]]


def holdings(*, principal: Principal, nodes: Collection[UUID]) -> Holdings:
    """The streams of all accounts that each of these nodes holds, by name; no entry for one without any."""
    require_operator(principal, "snap:ListNodes", "node")
    found: Holdings = {}
    rows = Stream.objects.filter(node__in=list(nodes)).exclude(state=Stream.State.OFFLINE)
    for stream in rows.select_related("account").order_by("name", "pk"):
        if stream.node_id is not None:
            found.setdefault(stream.node_id, []).append(stream)
    return found
