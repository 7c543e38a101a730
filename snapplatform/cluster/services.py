"""What the people who run the site ask of nodes: to drain, and to go on."""

from django.db.models.functions import Now

from snapplatform.access.permissions import require_operator
from snapplatform.access.principal import Principal
from snapplatform.cluster import nodes
from snapplatform.cluster.models import Node
from snapplatform.cluster.selectors import get_node
from snapplatform.errors import LastNode, NodeStopped


def drain_node(*, principal: Principal, node_id: object, force: bool = False) -> Node:
    """Ask a node to take nothing new and to give away what it holds. Asking again changes nothing.

    It hears of it at its next beat. Raises NodeNotFound, NodeStopped, and LastNode when no other node would
    take its streams, unless `force`.
    """
    require_operator(principal, "snap:DrainNode", "node", node_id)
    node = get_node(principal=principal, node_id=node_id)
    if not force and not nodes.taking().exclude(pk=node.pk).exists():
        raise LastNode(str(node))
    rows = Node.objects.filter(pk=node.pk, stopped_at=None)
    if not rows.filter(drain_requested_at=None).update(drain_requested_at=Now()) and not rows.exists():
        raise NodeStopped(str(node))
    node.refresh_from_db()
    return node


def undrain_node(*, principal: Principal, node_id: object) -> Node:
    """Take the wish back: the node takes streams again. Raises NodeNotFound, NodeStopped."""
    require_operator(principal, "snap:UndrainNode", "node", node_id)
    node = get_node(principal=principal, node_id=node_id)
    rows = Node.objects.filter(pk=node.pk, stopped_at=None)
    if not rows.update(drain_requested_at=None, drained_at=None):
        raise NodeStopped(str(node))
    node.refresh_from_db()
    return node
