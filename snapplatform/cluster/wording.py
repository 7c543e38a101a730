"""How a node's standing is said in the admin."""

from django.utils.safestring import SafeString

from snapplatform import adminkit
from snapplatform.cluster.standing import ALIVE, DRAINED, DRAINING, SILENT, Spool, Standing

_TONES = {ALIVE: "good", DRAINING: "wait", DRAINED: "info", SILENT: "bad"}


def state_badge(standing: Standing) -> SafeString:
    tone = _TONES.get(standing.state, "plain")
    return adminkit.badge(standing.state, tone, dot=standing.state == ALIVE)


def head_room(standing: Standing) -> SafeString:
    """How many more streams, and why no more where it is not the capacity that says so."""
    note = "bound by CPU" if standing.bound == "cpu" else ""
    return adminkit.stacked(f"{standing.head_room} more", note)


def spool_words(spool: Spool | None) -> str:
    """What waits in the spool; nothing where the node keeps none or it is empty."""
    if spool is None or not spool.entries:
        return ""
    oldest = f", for {adminkit.span(spool.oldest)}" if spool.oldest is not None else ""
    return f"spool: {spool.entries}, {adminkit.size(spool.bytes)}{oldest}"
