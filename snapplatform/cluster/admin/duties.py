"""Admin of duties: when each was done last, and how that went."""

from django.contrib import admin
from django.utils.safestring import SafeString
from unfold.decorators import display

from snapplatform import adminkit
from snapplatform.cluster.admin.site import SiteAdmin
from snapplatform.cluster.models import Duty


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
