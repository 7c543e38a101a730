"""Admin of jobs: submitting, starting and stopping them, and seeing how they do."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import ModelChoiceField
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelect2Widget

from jobs import services
from jobs.admin import panel
from jobs.admin.forms import JobForm
from jobs.admin.pictures import PicturedChangeList, thumbnail, with_newest
from jobs.models import Job, Snapshot
from snapplatform import adminkit
from snapplatform.access.admin.scoping import ScopedChoiceFilter, several_accounts
from snapplatform.access.admin.verbs import Verb
from snapplatform.access.admin.writing import ServicedAdmin
from snapplatform.access.principal import Principal
from snapplatform.errors import SnapError

VERBS = (
    Verb(
        "start", "Start", "play_arrow", "started", tone="primary",
        shown=lambda job: job.status != Job.Status.STARTED,
        act=lambda who, job: services.start_job(principal=who, job_id=job.pk, wait_for_stream=True),
    ),
    Verb(
        "stop", "Stop", "pause", "stopped", tone="default",
        shown=lambda job: job.status != Job.Status.PAUSED,
        act=lambda who, job: services.stop_job(principal=who, job_id=job.pk),
    ),
    Verb(
        "restart", "Restart", "restart_alt", "restarted", tone="default",
        shown=lambda job: job.status == Job.Status.STARTED,
        act=lambda who, job: services.restart_job(principal=who, job_id=job.pk),
    ),
)  # fmt: skip


@admin.register(Job)
class JobAdmin(ServicedAdmin):
    add_label = "Submit job"
    empty_text = "A job takes pictures of a stream as its template says. Publish a stream, then submit one."
    may_add = may_change = may_delete = True
    form = JobForm
    verbs = VERBS
    list_display = ("picture", "name", "state", "stream_state", "taken_by", "newest_age", "counts", "lost")
    list_display_links = ("name",)
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("stream", ScopedChoiceFilter),
        ("template", ScopedChoiceFilter),
    )
    list_select_related = ("stream", "template", "bucket", "account")
    search_fields = ("name", "stream__name", "template__name")
    readonly_fields = ("stream", "template", "bucket", "source", "autostart", "submitted", "modified")
    fieldsets = (
        ("Settings", {"fields": ("name", "skip_flags", "retention_days", "aligned")}),
        ("Facts", {"fields": readonly_fields}),
    )
    add_fieldsets = (
        (None, {"fields": ("stream", "template", "bucket", "name", "autostart")}),
        ("Options", {"fields": ("skip_flags", "retention_days", "aligned")}),
    )
    change_form_outer_before_template = "web/jobs/head.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        return with_newest(super().get_queryset(request), "job")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[PicturedChangeList]:
        return PicturedChangeList

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fields = super().get_readonly_fields(request, obj)
        return fields if obj is not None else []

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs.update(widget=UnfoldAdminSelect2Widget(), empty_label=f"Choose a {db_field.verbose_name}")
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "stream":
            field.queryset = field.queryset.order_by("-state", "name")
        field.label_from_instance = lambda row: _choice(row, with_account=several_accounts(request))
        return field

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(field, ModelChoiceField):
            field.widget.can_change_related = field.widget.can_view_related = False
            field.widget.can_delete_related = False
        return field

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Where there is only one template or bucket, it is chosen already; and the job will start."""
        only: dict[str, Any] = {"autostart": True}
        for name in ("template", "bucket"):
            related = self.admin_site._registry[Job._meta.get_field(name).related_model]
            found = list(related.get_queryset(request).values_list("pk", flat=True)[:2])
            if len(found) == 1:
                only[name] = found[0]
        return {**only, **super().get_changeform_initial_data(request)}

    def shows_account(self, request: HttpRequest) -> bool:
        return False  # a job's account is its stream's

    def account_for(self, request: HttpRequest, data: dict[str, Any]) -> int:
        return int(data["stream"].account_id)

    def create(self, principal: Principal, data: dict[str, Any]) -> Job:
        return services.submit_job(principal=principal, **data)

    def update(self, principal: Principal, obj: Job, changes: dict[str, Any]) -> None:
        services.update_job(principal=principal, job_id=obj.pk, **changes)

    def remove(self, principal: Principal, obj: Job) -> None:
        services.delete_job(principal=principal, job_id=obj.pk)

    def obstacle(self, obj: Job) -> SnapError | None:
        return services.why_in_use(obj)

    def deleted_with(self, rows: list[Any]) -> dict[str, int]:
        return {"pictures": Snapshot.objects.filter(job__in=[row.pk for row in rows]).count()}

    def panel(self, request: HttpRequest, obj: Job) -> dict[str, Any]:
        return panel.of(obj)

    @display(description="Newest")
    def picture(self, obj: Any) -> SafeString:
        return thumbnail(obj.newest, href=self.page("change", obj.pk))

    @display(description="State", ordering="status")
    def state(self, obj: Job) -> SafeString:
        return panel.state(obj)

    @display(description="Stream", ordering="stream__name")
    def stream_state(self, obj: Job) -> SafeString:
        return adminkit.stacked(obj.stream.name, panel.stream_badge(obj))

    @display(description="Template", ordering="template__name")
    def taken_by(self, obj: Job) -> SafeString:
        return adminkit.stacked(obj.template.name, adminkit.interval(obj.template.interval_ms))

    @display(description="Age", ordering="last_captured_at")
    def newest_age(self, obj: Any) -> SafeString:
        return adminkit.age(obj.newest.frame_at if obj.newest else None)

    @display(description="Captured", ordering="captured")
    def counts(self, obj: Job) -> SafeString:
        return adminkit.stacked(f"{obj.captured:,} of {obj.expected:,}", panel.adherence(obj))

    @display(description="Late · skipped", ordering="skipped")
    def lost(self, obj: Job) -> SafeString:
        if not (obj.late or obj.skipped):
            return adminkit.NOTHING
        return adminkit.facts(f"{obj.late:,}", f"{obj.skipped:,}")

    @display(description="Source address")
    def source(self, obj: Job) -> str:
        return obj.source_url or "–"

    @display(description="Submitted")
    def submitted(self, obj: Job) -> SafeString:
        return adminkit.moment(obj.created_at)

    @display(description="Modified")
    def modified(self, obj: Job) -> SafeString:
        return adminkit.moment(obj.modified_at)


def _choice(row: Any, *, with_account: bool) -> str:
    """How a stream, template or bucket is called where it is chosen."""
    words = [str(row)]
    if getattr(row, "state", "") == "live":
        words.append("LIVE")
    if hasattr(row, "interval_ms"):
        words.append(adminkit.interval(row.interval_ms))
    if with_account:
        words.append(f"account {row.account}")
    return " · ".join(words)
