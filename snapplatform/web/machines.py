"""What the dashboard says about capture nodes when somebody should look at them."""

from django.urls import reverse

from snapplatform import adminkit
from snapplatform.access.principal import Principal
from snapplatform.cluster.selectors import look
from snapplatform.cluster.standing import ALIVE, DRAINED, DRAINING, SILENT, Standing

LISTED = 5


def attention(principal: Principal) -> list[dict[str, str]]:
    """For who runs the site: nodes that are silent or drain, whose clock is off, whose spool is not empty."""
    found, now = look(principal=principal)
    said: list[dict[str, str]] = []
    silent = sorted((one for one in found if one.state == SILENT), key=lambda one: one.since, reverse=True)
    for one in silent[:LISTED]:
        silence = adminkit.span((now - one.since).total_seconds())
        said.append(_item(one, f"Node {one.node} is silent: no beat for {silence}"))
    if not any(one.running for one in found):
        said.append(_none("No capture node runs: nothing can be published"))
    elif not any(one.state == ALIVE for one in found):
        said.append(_none("All capture nodes drain: nothing can be published"))
    troubled = [(one, warning) for one in found for warning in one.warnings]
    said += [_item(one, f"Node {one.node}: {warning}") for one, warning in troubled[:LISTED]]
    leaving = [one for one in found if one.state in (DRAINING, DRAINED)]
    said += [_item(one, _leaving(one)) for one in leaving[:LISTED]]
    return said


def _leaving(one: Standing) -> str:
    if one.state == DRAINED:
        return f"Node {one.node} is drained: stop it, or let it take streams again"
    left = ", ".join(f"{count} {name}" for name, count in one.left.items())
    return f"Node {one.node} drains{f', left: {left}' if left else ''}"


def _item(one: Standing, text: str) -> dict[str, str]:
    return {"icon": "dns", "text": text, "url": reverse("admin:cluster_node_change", args=(one.node.pk,))}


def _none(text: str) -> dict[str, str]:
    return {"icon": "dns", "text": text, "url": reverse("admin:cluster_node_changelist")}
