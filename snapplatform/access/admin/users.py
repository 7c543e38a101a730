"""Admin of users: an account's owner manages its users, who runs the site manages all."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from snapplatform import adminkit
from snapplatform.access.admin.scoping import AccountScopedAdmin
from snapplatform.access.models import User


class AddUserForm(UserCreationForm):  # type: ignore[misc]
    """A new user with a password."""

    usable_password = None  # programs use access keys; a user without a password would be one nobody can be

    class Meta:
        model = User
        fields = ("login", "ram_name")


class ChangeUserForm(UserChangeForm):  # type: ignore[misc]
    class Meta:
        model = User
        fields = "__all__"


@admin.register(User)
class UserAdmin(DjangoUserAdmin, AccountScopedAdmin):  # type: ignore[type-arg,misc]
    form = ChangeUserForm
    add_form = AddUserForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("login", "display_name", "ram_name", "roles", "active", "last_seen")
    list_filter = ("is_active", "is_staff")
    list_select_related = ("account",)
    search_fields = ("login", "ram_name", "display_name")
    ordering = ("login",)
    filter_horizontal = ()
    readonly_fields = ("seen", "made")
    change_fieldsets = (
        (None, {"fields": ("login", "password", "display_name", "ram_name")}),
        ("Rights", {"fields": ("is_active", "is_staff", "is_root")}),
        ("Facts", {"fields": ("seen", "made")}),
    )
    new_fieldsets = (
        (None, {"fields": ("login", "display_name", "ram_name", "password1", "password2")}),
        ("Rights", {"fields": ("is_staff", "is_root")}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        sets = [(name, dict(options)) for name, options in (self.change_fieldsets if obj else self.new_fieldsets)]
        if request.user.is_superuser:
            sets[0][1]["fields"] = (*sets[0][1]["fields"], "account")
            sets[1][1]["fields"] = (*sets[1][1]["fields"], "is_superuser")
        return sets

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fixed = ["account", "ram_name"] if obj else []  # keys and policies name a user by these
        return [*self.readonly_fields, *fixed]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"account": request.user.account_id, **super().get_changeform_initial_data(request)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        rows: QuerySet[User] = super().get_queryset(request)
        return rows

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.within(request) and manages_users(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Not a superuser's row, or an account's owner could take the whole site over by a new password."""
        mine = obj is None or request.user.is_superuser or not obj.is_superuser
        return self.within(request, obj) and manages_users(request) and mine

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # a user who left is made inactive: what they did keeps a name

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """No service owns users. A user made by an account's owner stands in that account, whatever was posted."""
        if not change and not request.user.is_superuser:
            obj.account_id = request.user.account_id
        obj.save()

    @display(description="Roles")
    def roles(self, obj: User) -> SafeString:
        names = (("site", obj.is_superuser), ("owner", obj.is_root), ("admin", obj.is_staff))
        return adminkit.badges([name for name, has in names if has], "info") or adminkit.NOTHING

    @display(description="State", ordering="is_active")
    def active(self, obj: User) -> SafeString:
        return adminkit.badge("active", "good") if obj.is_active else adminkit.badge("inactive", "bad")

    @display(description="Last sign-in", ordering="last_login")
    def last_seen(self, obj: User) -> SafeString:
        return adminkit.age(obj.last_login)

    @display(description="Last sign-in")
    def seen(self, obj: User) -> SafeString:
        return adminkit.moment(obj.last_login)

    @display(description="Created")
    def made(self, obj: User) -> SafeString:
        return adminkit.moment(obj.created_at)


def manages_users(request: HttpRequest) -> bool:
    return bool(request.user.is_superuser or request.user.is_root)
