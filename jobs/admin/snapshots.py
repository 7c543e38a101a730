"""Admin of snapshots: looking at pictures, finding and deleting them. Captures alone write them."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from django.contrib import admin
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from jobs import rules, services
from jobs.admin import calendar
from jobs.admin.filters import FlagFilter, OverwriteFilter
from jobs.admin.pictures import picture_name, picture_url, thumbnail
from jobs.models import Snapshot
from snapplatform import adminkit
from snapplatform.access.admin.scoping import ScopedChoiceFilter
from snapplatform.access.admin.writing import ServicedAdmin
from snapplatform.access.principal import Principal

NAMED_IN_CONFIRMATION = 20


@admin.register(Snapshot)
class SnapshotAdmin(ServicedAdmin):
    empty_text = "Pictures appear here as soon as a started job takes them."
    may_delete = deletes_many = True
    list_display = ("picture", "taken", "job", "stream", "age_at_tick", "lag", "image", "quality")
    list_display_links = ("picture", "taken")
    list_filter = (
        ("job", ScopedChoiceFilter),
        ("stream", ScopedChoiceFilter),
        FlagFilter,
        OverwriteFilter,
    )
    list_select_related = ("object", "job", "stream", "account")
    list_per_page = 50
    search_fields = ("job__name", "stream__name", "object__key")
    date_hierarchy = calendar.FIELD
    change_list_template = "web/snapshots/change_list.html"
    ordering = ("-timestamp",)
    fields = (
        "job", "stream", "key", "frame_time", "stored_time", "source_time", "media_time", "age_at_tick",
        "lag", "clock", "number", "image", "brightness", "quality", "digest", "expires", "overlay",
    )  # fmt: skip
    readonly_fields = fields
    change_form_outer_before_template = "web/snapshots/head.html"

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return super().changelist_view(request, {"days": calendar.choices(request), **(extra_context or {})})

    def remove(self, principal: Principal, obj: Snapshot) -> None:
        services.delete_snapshot(principal=principal, snapshot_id=obj.pk)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Snapshot]) -> None:
        """Through the service in its own portions, each account's pictures as somebody acting there."""
        rows = queryset.order_by("account_id").values_list("account_id", "pk")
        for account_id, group in groupby(list(rows), key=lambda row: row[0]):
            principal = self.principal(request, Snapshot(account_id=account_id))
            for part in portions([pk for _, pk in group], rules.MAX_DELETE):
                services.delete_snapshots(principal=principal, snapshot_ids=part)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        names, counts, lacking, protected = super().get_deleted_objects(objs, request)
        if len(names) > NAMED_IN_CONFIRMATION:
            more = len(names) - NAMED_IN_CONFIRMATION
            names = [*names[:NAMED_IN_CONFIRMATION], f"and {more} more"]
        return names, counts, lacking, protected

    def panel(self, request: HttpRequest, obj: Snapshot) -> dict[str, Any]:
        strip = obj.job.snapshots.filter(is_overlay=False)
        older = strip.filter(timestamp__lt=obj.timestamp).order_by("-timestamp").first()
        newer = strip.filter(timestamp__gt=obj.timestamp).order_by("timestamp").first()
        return {
            "row": obj,
            "url": picture_url(obj),
            "name": picture_name(obj),
            "older": self._beside(request, older),
            "newer": self._beside(request, newer),
        }

    def _beside(self, request: HttpRequest, row: Snapshot | None) -> str:
        """The page of a neighbour, on the way back to the same list."""
        if row is None:
            return ""
        kept = {"preserved_filters": self.get_preserved_filters(request), "opts": self.opts}
        return str(add_preserved_filters(kept, self.page("change", row.pk)))

    @display(description="Picture")
    def picture(self, obj: Snapshot) -> SafeString:
        return thumbnail(obj)  # the list makes it a link, which keeps its filters

    @display(description="Taken", ordering="timestamp")
    def taken(self, obj: Snapshot) -> SafeString:
        return adminkit.stacked(adminkit.exact(obj.frame_at), adminkit.age(obj.frame_at))

    @display(description="Frame age", ordering="age_ms")
    def age_at_tick(self, obj: Snapshot) -> str:
        return adminkit.delay(obj.age_ms)

    @display(description="Lag", ordering="lag_ms")
    def lag(self, obj: Snapshot) -> str:
        return adminkit.delay(obj.lag_ms)

    @display(description="Image", ordering="object__size")
    def image(self, obj: Snapshot) -> SafeString:
        return adminkit.facts(adminkit.resolution(obj.width, obj.height), adminkit.size(obj.object.size))

    @display(description="Flags")
    def quality(self, obj: Snapshot) -> SafeString:
        shown = adminkit.badges(obj.flags)
        if obj.is_overlay:
            return format_html("{} {}", adminkit.badge("overwrite", "info"), shown)
        return shown or adminkit.NOTHING

    @display(description="Key")
    def key(self, obj: Snapshot) -> SafeString:
        return adminkit.copyable(obj.object.key)

    @display(description="Frame reached us")
    def frame_time(self, obj: Snapshot) -> SafeString:
        return adminkit.moment(obj.frame_at)

    @display(description="Stored")
    def stored_time(self, obj: Snapshot) -> SafeString:
        return adminkit.moment(obj.stored_at)

    @display(description="Source's own clock")
    def source_time(self, obj: Snapshot) -> SafeString:
        return adminkit.moment(obj.source_at)

    @display(description="Time stamp in the stream")
    def media_time(self, obj: Snapshot) -> str:
        return f"{obj.media_time_ms / 1000:.3f} s"

    @display(description="Node's clock")
    def clock(self, obj: Snapshot) -> str:
        return f"{obj.clock_offset_ms:+d} ms against the database"

    @display(description="Sequence")
    def number(self, obj: Snapshot) -> str:
        return f"{obj.sequence}, CreateTimestamp {obj.timestamp}"

    @display(description="Mean brightness")
    def brightness(self, obj: Snapshot) -> str:
        return f"{obj.luma} of 255"

    @display(description="SHA-256")
    def digest(self, obj: Snapshot) -> SafeString:
        return adminkit.copyable(obj.object.sha256)

    @display(description="Expires")
    def expires(self, obj: Snapshot) -> SafeString:
        return adminkit.moment(obj.object.expires_at)

    @display(description="Overwritten in place", boolean=True)
    def overlay(self, obj: Snapshot) -> bool:
        return obj.is_overlay


def portions(items: list[Any], size: int) -> Iterator[list[Any]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
