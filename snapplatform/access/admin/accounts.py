"""Admin of accounts: who runs the site manages them, other staff look at their own."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, Max, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.decorators import display

from snapplatform import adminkit
from snapplatform.access.admin.scoping import AccountScopedAdmin
from snapplatform.access.models import Account

FIRST_ID = 1_000_000_000_000_001


@admin.register(Account)
class AccountAdmin(AccountScopedAdmin):
    account_path = "pk"
    list_display = ("name", "state", "id", "users_count", "time_zone", "created")
    search_fields = ("name",)
    fields = ("name", "status", "time_zone")
    add_fieldsets = ((None, {"fields": ("id", "name", "time_zone")}),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Account]:
        return super().get_queryset(request).annotate(users_total=Count("users"))

    def account_id_of(self, obj: Account) -> int:
        return obj.pk

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        newest = Account.objects.aggregate(newest=Max("pk"))["newest"] or FIRST_ID - 1
        return {"id": newest + 1, **super().get_changeform_initial_data(request)}

    @display(description="State", ordering="status")
    def state(self, obj: Account) -> SafeString:
        return adminkit.badge(obj.status, "good" if obj.status == Account.Status.ACTIVE else "bad")

    @display(description="Users", ordering="users_total")
    def users_count(self, obj: Any) -> int:
        return int(obj.users_total)

    @display(description="Created", ordering="created_at")
    def created(self, obj: Account) -> SafeString:
        return adminkit.age(obj.created_at)
