"""Admin of users: an account's owner manages its users, who runs the site manages all."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserCreationForm

from snapplatform import adminkit
from snapplatform.access.admin.scoping import AccountScopedAdmin, person
from snapplatform.access.models import User

RAM_NAME = (
    "The user's name in policies (acs:ram::ACCOUNT:user/NAME). Unique in the account, and never changed "
    "later: letters, digits, dot, dash and underscore."
)


class AddUserForm(UserCreationForm):
    """A new user with a password."""

    usable_password = None  # programs use access keys; a user without a password would be one nobody can be

    class Meta:
        model = User
        fields = ("login", "ram_name")


@admin.register(User)
class UserAdmin(DjangoUserAdmin, AccountScopedAdmin):  # type: ignore[misc]
    form = ModelForm
    add_form = AddUserForm
    change_password_form = AdminPasswordChangeForm
    add_form_template = None  # Django's own promises more options after the first step; here all stand in one
    list_display = ("login", "display_name", "policy_name", "roles", "active", "last_seen")
    list_filter = ("is_active", "is_staff")
    list_select_related = ("account",)
    search_fields = ("login", "ram_name", "display_name")
    ordering = ("login",)
    filter_horizontal = ()
    readonly_fields = ("policy_name", "password_page", "seen", "made")
    change_fieldsets = (
        (None, {"fields": ("login", "password_page", "display_name", "policy_name")}),
        ("Rights", {"fields": ("is_active", "is_staff", "is_root")}),
        ("Facts", {"fields": ("seen", "made")}),
    )
    new_fieldsets = (
        (None, {"fields": ("login", "display_name", "ram_name", "password1", "password2")}),
        ("Rights", {"fields": ("is_staff", "is_root")}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        chosen = self.change_fieldsets if obj else self.new_fieldsets
        sets = [(name, dict(options)) for name, options in chosen]
        if request.user.is_superuser:
            sets[0][1]["fields"] = (*sets[0][1]["fields"], "account")
            sets[1][1]["fields"] = (*sets[1][1]["fields"], "is_superuser")
        return sets

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*self.readonly_fields, *(["account"] if obj else [])]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "ram_name":
            kwargs["label"] = "RAM name"
            kwargs["help_text"] = RAM_NAME
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        context["show_save_and_add_another"] = False
        return super().render_change_form(request, context, *args, **kwargs)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"account": person(request).account_id, **super().get_changeform_initial_data(request)}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.within(request) and manages_users(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Not a superuser's row, or an account's owner could take the whole site over by a new password."""
        mine = obj is None or request.user.is_superuser or not obj.is_superuser
        return self.within(request, obj) and manages_users(request) and mine

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # a user who left is made inactive: what they did keeps a name

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """No service owns users. Whom an owner makes stands in their account, whatever was posted."""
        if not change and not request.user.is_superuser:
            obj.account_id = person(request).account_id
        obj.save()

    @display(description="RAM name", ordering="ram_name")
    def policy_name(self, obj: User) -> str:
        """Never changed: policies name a user by it."""
        return obj.ram_name

    @display(description="Password")
    def password_page(self, obj: User) -> SafeString:
        """Nothing of the hash is shown, only the way to a new password."""
        return format_html('<a class="snap-link" href="{}">Set a new password</a>', "../password/")

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
    return person(request).is_superuser or person(request).is_root
