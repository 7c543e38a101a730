"""Admin of nodes: how each stands, and draining it."""

from typing import Any

from django.db.models import F
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from snapplatform import adminkit
from snapplatform.access.admin.scoping import ScopedChangeList
from snapplatform.access.admin.verbs import Verb
from snapplatform.cluster import nodes, services
from snapplatform.cluster.admin.site import SiteAdmin
from snapplatform.cluster.models import Node
from snapplatform.cluster.selectors import standings_of
from snapplatform.cluster.standing import CLOCK_WARNING_MS, Standing
from snapplatform.cluster.wording import BUSY, head_room, since, spool_words, state_badge, table

VERBS = (
    Verb(
        "drain", "Drain", "output", "asked to drain", shown=lambda node: _may_drain(node) and node.others,
        act=lambda who, node: services.drain_node(principal=who, node_id=node.pk),
    ),
    Verb(
        "drain-anyway", "Drain anyway", "output", "asked to drain", tone="danger", many=False,
        shown=lambda node: _may_drain(node) and not node.others,
        act=lambda who, node: services.drain_node(principal=who, node_id=node.pk, force=True),
    ),
    Verb(
        "undrain", "Take streams again", "input", "asked to take streams again", tone="primary",
        shown=lambda node: node.draining and node.stopped_at is None,
        act=lambda who, node: services.undrain_node(principal=who, node_id=node.pk),
    ),
)  # fmt: skip


class NodeChangeList(ScopedChangeList):
    """A list whose rows carry how each node stands."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        found = standings_of(self.result_list)
        for row in self.result_list:
            row.standing = found[row.pk]


class NodeAdmin(SiteAdmin):
    empty_text = "No capture node has run yet: `manage.py run` or `manage.py capture` starts one."
    list_display: tuple[str, ...] = ("name", "state", "load", "room", "rate", "offset", "decoders", "waits")
    ordering = (F("stopped_at").desc(nulls_first=True), "host", "pid")
    search_fields = ("host",)
    fieldsets = (
        ("Facts", {"fields": ("id_text", "takes", "last_beat", "started", "stopped", "offset")}),
        ("Figures of the last beat", {"fields": ("figures",)}),
    )
    readonly_fields = ("id_text", "takes", "last_beat", "started", "stopped", "offset", "figures")
    change_form_outer_before_template = "web/nodes/head.html"
    verbs = VERBS

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[NodeChangeList]:
        return NodeChangeList

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """With how it stands, and whether others would take what it gives away."""
        node = super().get_object(request, object_id, from_field)
        if node is not None:
            node.standing = standings_of([node])[node.pk]
            node.others = nodes.taking().exclude(pk=node.pk).exists()
        return node

    def panel(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        standing: Standing = obj.standing
        return {
            "node": obj,
            "state": state_badge(standing),
            "since": since(standing),
            "reason": standing.reason,
            "running": standing.running,
            "last": standing.running and not obj.draining and not obj.others,
            "warnings": standing.warnings,
            "left": [f"{count} {name}" for name, count in standing.left.items()],
            "counters": [
                {"name": "Streams", "value": standing.streams, "note": f"of {obj.capacity}"},
                {
                    "name": "Would take",
                    "value": standing.head_room,
                    "note": BUSY if standing.bound == "cpu" else "more",
                },
                {"name": "CPU, cores", "value": _cores(standing), "note": f"of {standing.cores or '?'}"},
                {"name": "Pictures a second", "value": _rate(standing), "note": ""},
            ],
        }

    @display(description="Node", ordering="host")
    def name(self, obj: Node) -> SafeString:
        return adminkit.stacked(str(obj), obj.rtmp_address)

    @display(description="State")
    def state(self, obj: Any) -> SafeString:
        lasting = adminkit.facts(since(obj.standing), obj.standing.reason)
        return adminkit.stacked(state_badge(obj.standing), lasting)

    @display(description="CPU")
    def load(self, obj: Any) -> SafeString:
        standing: Standing = obj.standing
        if standing.load is None or not standing.running:
            return adminkit.NOTHING
        return adminkit.meter(standing.load, f"{_cores(standing)} of {standing.cores} cores")

    @display(description="Would take")
    def room(self, obj: Any) -> SafeString:
        return head_room(obj.standing) if obj.standing.running else adminkit.NOTHING

    @display(description="Pictures/s")
    def rate(self, obj: Any) -> SafeString:
        return adminkit.facts(_rate(obj.standing) if obj.standing.running else "")

    @display(description="Clock", ordering="clock_offset_ms")
    def offset(self, obj: Node) -> SafeString:
        """Against the database's."""
        words = f"{obj.clock_offset_ms:+d} ms"
        if abs(obj.clock_offset_ms) > CLOCK_WARNING_MS:
            return adminkit.badge(words, "bad", title="The machine's clock is off: pictures get wrong times.")
        return adminkit.facts(words)

    @display(description="Decoders")
    def decoders(self, obj: Any) -> SafeString:
        stats = obj.standing.stats
        ready, restarts = stats.get("decoders_ready"), stats.get("decoder_restarts")
        if ready is None or not obj.standing.running:
            return adminkit.NOTHING
        return adminkit.stacked(ready, f"{restarts} restarted" if restarts else "")

    @display(description="Waiting")
    def waits(self, obj: Any) -> SafeString:
        """What waits for the database, and what waits for its bucket."""
        if not obj.standing.running:
            return adminkit.NOTHING
        queue = obj.standing.stats.get("writer_queue")
        return adminkit.stacked(f"{queue or 0} pictures", spool_words(obj.standing.spool))

    @display(description="Id")
    def id_text(self, obj: Node) -> SafeString:
        return adminkit.copyable(str(obj.pk))

    @display(description="RTMP address")
    def takes(self, obj: Node) -> str:
        return obj.rtmp_address or "–"

    @display(description="Last beat")
    def last_beat(self, obj: Node) -> SafeString:
        return format_html("{}, number {}", adminkit.moment(obj.beat_at), obj.beat)

    @display(description="Started")
    def started(self, obj: Node) -> SafeString:
        return adminkit.moment(obj.started_at)

    @display(description="Stopped")
    def stopped(self, obj: Node) -> SafeString:
        return adminkit.moment(obj.stopped_at)

    @display(description="Figures")
    def figures(self, obj: Node) -> SafeString:
        return table(obj.stats) if obj.stats else adminkit.NOTHING


def _may_drain(node: Any) -> bool:
    return bool(node.standing.running and not node.draining)


def _cores(standing: Standing) -> str:
    return "–" if standing.cpu_cores is None else f"{standing.cpu_cores:.2f}"


def _rate(standing: Standing) -> str:
    return "–" if standing.pictures_per_second is None else f"{standing.pictures_per_second:.1f}"
