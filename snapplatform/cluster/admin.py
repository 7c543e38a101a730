"""Admin of nodes and duties: read-only, and only for who runs the site, as they tell about its machines."""

from typing import Any

from django.contrib import admin
from django.db.models import BooleanField, Case, Count, Q, QuerySet, Value, When
from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.decorators import display

from snapplatform import adminkit
from snapplatform.cluster.models import Duty, Node
from snapplatform.cluster.nodes import DEAD_AFTER


class SiteAdmin(ModelAdmin):
    """Rows of the site, no account's: workers write them, superusers look."""

    list_fullwidth = True

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Node)
class NodeAdmin(SiteAdmin):
    list_display = ("name", "state", "beat_age", "takes", "streams_count", "offset", "up_since")
    ordering = ("stopped_at", "-beat_at")
    fields = ("name", "state", "takes", "last_beat", "started", "stopped", "offset", "figures")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Node]:
        """Alive is judged by the database's clock, as the leases are."""
        fresh = Q(stopped_at=None, beat_at__gt=Now() - DEAD_AFTER)
        alive = Case(When(fresh, then=Value(True)), default=Value(False), output_field=BooleanField())
        return super().get_queryset(request).annotate(alive=alive, streams_total=Count("streams"))

    @display(description="Node", ordering="host")
    def name(self, obj: Node) -> str:
        return str(obj)

    @display(description="State")
    def state(self, obj: Any) -> SafeString:
        if obj.stopped_at:
            return adminkit.badge("stopped")
        return adminkit.badge("alive", "good", dot=True) if obj.alive else adminkit.badge("dead", "bad")

    @display(description="Last beat", ordering="beat_at")
    def beat_age(self, obj: Node) -> SafeString:
        return format_html("beat {}", adminkit.age(obj.beat_at))

    @display(description="RTMP address", ordering="rtmp_address")
    def takes(self, obj: Node) -> str:
        return obj.rtmp_address or "–"

    @display(description="Live streams", ordering="streams_total")
    def streams_count(self, obj: Any) -> int:
        return int(obj.streams_total)

    @display(description="Clock against the database")
    def offset(self, obj: Node) -> str:
        return f"{obj.clock_offset_ms:+d} ms"

    @display(description="Started", ordering="started_at")
    def up_since(self, obj: Node) -> SafeString:
        return adminkit.age(obj.started_at)

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


@admin.register(Duty)
class DutyAdmin(SiteAdmin):
    list_display = ("name", "state", "due", "last_started", "took", "last_result")
    ordering = ("name",)
    fields = ("name", "state", "due", "last_started", "took", "last_result", "failures")
    readonly_fields = fields

    @display(description="State", ordering="failures")
    def state(self, obj: Duty) -> SafeString:
        if obj.failures:
            return adminkit.badge(f"failed {obj.failures} ×", "bad")
        return adminkit.badge("fine", "good") if obj.last_finished_at else adminkit.badge("not yet run")

    @display(description="Due", ordering="due_at")
    def due(self, obj: Duty) -> SafeString:
        return adminkit.age(obj.due_at)

    @display(description="Last run", ordering="last_started_at")
    def last_started(self, obj: Duty) -> SafeString:
        return adminkit.age(obj.last_started_at)

    @display(description="Took")
    def took(self, obj: Duty) -> str:
        if not obj.last_finished_at or not obj.last_started_at or obj.last_finished_at < obj.last_started_at:
            return "–"
        return adminkit.delay(round((obj.last_finished_at - obj.last_started_at).total_seconds() * 1000))


def table(figures: dict[str, Any]) -> SafeString:
    """A node's figures as rows; nested ones are written out in their own table."""
    cells = (
        (name.replace("_", " "), table(value) if isinstance(value, dict) else value)
        for name, value in sorted(figures.items())
    )
    rows = format_html_join("", "<tr><th>{}</th><td>{}</td></tr>", cells)
    return format_html('<table class="snap-table">{}</table>', rows)
