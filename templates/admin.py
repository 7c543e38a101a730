"""Admin of snapshot templates."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from snapplatform import adminkit
from snapplatform.access.admin.writing import ServicedAdmin
from snapplatform.access.principal import Principal
from snapplatform.errors import SnapError
from templates import services
from templates.forms import TemplateForm, for_services
from templates.models import Template


@admin.register(Template)
class TemplateAdmin(ServicedAdmin):
    add_label = "Create template"
    empty_text = "A template says how often a picture is taken, and under what names it is stored."
    may_add = may_change = may_delete = True
    form = TemplateForm
    list_display = ("name", "interval", "names", "image", "used_by", "modified")
    list_filter = ("image_format", "kind")
    list_select_related = ("account",)
    search_fields = ("name",)
    fieldsets = (
        (None, {"fields": ("name", "interval", "capture")}),
        (
            "Names of the pictures",
            {
                "fields": ("overwrite_format", "sequence_format"),
                "description": "Give one or both. Placeholders: {JobId}, and for every picture also "
                "{UnixTimestamp} (milliseconds), {Sequence} (six digits) and {Date}.",
            },
        ),
        ("Image", {"fields": ("image_format", "quality", ("width", "height"))}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Template]:
        return super().get_queryset(request).annotate(jobs_total=Count("jobs"))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and not _system(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not _system(obj)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        proposed = {
            "interval": 5,
            "overwrite_format": "snapshot/{JobId}.jpg",
            "sequence_format": "snapshot/{JobId}/{UnixTimestamp}.jpg",
        }
        return {**proposed, **super().get_changeform_initial_data(request)}

    def create(self, principal: Principal, data: dict[str, Any]) -> Template:
        return services.create_template(principal=principal, **for_services(data))

    def update(self, principal: Principal, obj: Template, changes: dict[str, Any]) -> None:
        services.update_template(principal=principal, template_id=obj.pk, **for_services(changes))

    def remove(self, principal: Principal, obj: Template) -> None:
        services.delete_template(principal=principal, template_id=obj.pk)

    def obstacle(self, obj: Template) -> SnapError | None:
        return services.why_in_use(obj)

    @display(description="Interval", ordering="interval_ms")
    def interval(self, obj: Template) -> str:
        return adminkit.interval(obj.interval_ms)

    @display(description="Names")
    def names(self, obj: Template) -> SafeString:
        given = [name for name in (obj.overwrite_format, obj.sequence_format) if name]
        shown = [format_html("<code>{}</code>", name) for name in given]
        return adminkit.stacked(*shown) if len(shown) == 2 else (shown or [adminkit.NOTHING])[0]

    @display(description="Image", ordering="image_format")
    def image(self, obj: Template) -> SafeString:
        quality = "" if obj.image_format == Template.Format.PNG else f"quality {obj.quality}"
        return adminkit.facts(obj.get_image_format_display(), quality, sides(obj), obj.get_capture_display())

    @display(description="Used by", ordering="jobs_total")
    def used_by(self, obj: Any) -> str:
        return {0: "no job", 1: "1 job"}.get(obj.jobs_total, f"{obj.jobs_total} jobs")

    @display(description="Modified", ordering="modified_at")
    def modified(self, obj: Template) -> SafeString:
        return adminkit.age(obj.modified_at)


def sides(template: Template) -> str:
    """The size in words: 640×360, 640 wide, 360 high, or as the stream."""
    if template.width and template.height:
        return adminkit.resolution(template.width, template.height)
    if template.width:
        return f"{template.width} wide"
    return f"{template.height} high" if template.height else "as the stream"


def _system(template: Template | None) -> bool:
    return template is not None and template.kind == Template.Kind.SYSTEM
