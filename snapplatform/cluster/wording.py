"""How a node's standing is said in the admin."""

from collections.abc import Iterator
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from snapplatform import adminkit
from snapplatform.cluster.standing import ALIVE, DRAINED, DRAINING, SILENT, STOPPED, Spool, Standing

BUSY = "its machine is busy"
_TONES = {ALIVE: "good", DRAINING: "wait", DRAINED: "info", SILENT: "bad"}


def state_badge(standing: Standing) -> SafeString:
    tone = _TONES.get(standing.state, "plain")
    return adminkit.badge(standing.state, tone, dot=standing.state == ALIVE)


def since(standing: Standing) -> SafeString:
    """How long the state has lasted; a stopped node's is over."""
    return adminkit.age(standing.since) if standing.state == STOPPED else adminkit.lasting(standing.since)


def head_room(standing: Standing) -> SafeString:
    """How many more streams, and why no more where it is not the capacity that says so."""
    note = BUSY if standing.bound == "cpu" else ""
    return adminkit.stacked(f"{standing.head_room} more", note)


def spool_words(spool: Spool | None) -> str:
    """What waits in the spool; nothing where the node keeps none or it is empty."""
    if spool is None or not spool.entries:
        return ""
    oldest = f", for {adminkit.span(spool.oldest)}" if spool.oldest is not None else ""
    return f"spool: {spool.entries}, {adminkit.size(spool.bytes)}{oldest}"


def table(figures: dict[str, Any]) -> SafeString:
    """A node's figures as rows, sizes in words; nested ones carry the name they are under."""
    rows = format_html_join("", "<tr><th>{}</th><td>{}</td></tr>", _rows("", figures))
    return format_html('<table class="snap-table">{}</table>', rows)


def _rows(above: str, figures: dict[str, Any]) -> Iterator[tuple[str, object]]:
    for name, value in sorted(figures.items()):
        words = f"{above} {name}".replace("_", " ").strip()
        if isinstance(value, dict):
            yield from _rows(words, value)
        elif "bytes" in name and isinstance(value, int):
            yield words, adminkit.size(value)
        else:
            yield words, {True: "yes", False: "no"}[value] if isinstance(value, bool) else value
