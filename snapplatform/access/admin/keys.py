"""Admin of access keys and bearer tokens. A secret is shown once, in answer to the post that made it."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import ModelChoiceField
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.decorators import display

from snapplatform import adminkit, clock
from snapplatform.access import services
from snapplatform.access.admin.scoping import person
from snapplatform.access.admin.verbs import Shown
from snapplatform.access.admin.writing import ServicedAdmin
from snapplatform.access.models import AccessKey, Token, User
from snapplatform.access.principal import Principal


class CredentialAdmin(ServicedAdmin):
    """What users authenticate with: an owner manages their account's, other staff their own."""

    account_path = "user__account"
    list_select_related = ("user__account",)
    may_delete = True

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_delete_permission(request, obj)
        return allowed and (obj is None or usable_by(request).filter(pk=obj.user_id).exists())


@admin.register(AccessKey)
class AccessKeyAdmin(CredentialAdmin):
    add_label = "Create access key"
    empty_text = "Programs sign in to the API with an access key."
    may_add = True
    list_display = ("key_id", "user", "state", "description", "created", "used")
    list_filter = ("status",)
    search_fields = ("id", "user__login", "description")
    fields = ("key_id", "user", "state", "description", "made", "last_used")
    readonly_fields = ("key_id", "state", "made", "last_used")
    add_fieldsets = ((None, {"fields": ("user", "description")}),)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs["queryset"] = usable_by(request)
        field: ModelChoiceField = super().formfield_for_foreignkey(db_field, request, **kwargs)
        field.widget.can_add_related = field.widget.can_change_related = field.widget.can_view_related = False
        return field

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"user": request.user.pk, **super().get_changeform_initial_data(request)}

    def create(self, principal: Principal, data: dict[str, Any]) -> tuple[AccessKey, Shown]:
        owner = data["user"]
        key, secret = services.create_access_key(
            principal=principal.acting_in(owner.account_id), user=owner, description=data["description"]
        )
        return key, Shown(
            title="Access key created",
            intro="Copy the secret now. It is kept encrypted and will never be shown again.",
            values=[("Access key ID", key.pk), ("Secret", secret)],
            back=self.page("changelist"),
        )

    def remove(self, principal: Principal, obj: AccessKey) -> None:
        services.revoke_access_key(principal=principal, key_id=obj.pk)

    @display(description="Access key ID", ordering="id")
    def key_id(self, obj: AccessKey) -> str:
        return obj.pk

    @display(description="State", ordering="status")
    def state(self, obj: AccessKey) -> SafeString:
        return adminkit.badge(obj.status, "good" if obj.status == AccessKey.Status.ACTIVE else "bad")

    @display(description="Created", ordering="created_at")
    def created(self, obj: AccessKey) -> SafeString:
        return adminkit.age(obj.created_at)

    @display(description="Last used", ordering="last_used_at")
    def used(self, obj: AccessKey) -> SafeString:
        return adminkit.age(obj.last_used_at)

    @display(description="Created")
    def made(self, obj: AccessKey) -> SafeString:
        return adminkit.moment(obj.created_at)

    @display(description="Last used")
    def last_used(self, obj: AccessKey) -> SafeString:
        return adminkit.moment(obj.last_used_at)


@admin.register(Token)
class TokenAdmin(CredentialAdmin):
    empty_text = "The native API gives a token in exchange for a password."
    list_display = ("user", "state", "created", "expires")
    search_fields = ("user__login",)
    fields = ("user", "state", "made", "ends")
    readonly_fields = ("state", "made", "ends")
    ordering = ("-expires_at",)

    def remove(self, principal: Principal, obj: Token) -> None:
        Token.objects.filter(pk=obj.pk, user__account=principal.account_id).delete()

    @display(description="State")
    def state(self, obj: Token) -> SafeString:
        return adminkit.badge("valid", "good") if obj.expires_at > clock.now() else adminkit.badge("expired")

    @display(description="Issued", ordering="created_at")
    def created(self, obj: Token) -> SafeString:
        return adminkit.age(obj.created_at)

    @display(description="Expires", ordering="expires_at")
    def expires(self, obj: Token) -> SafeString:
        return adminkit.age(obj.expires_at)

    @display(description="Issued")
    def made(self, obj: Token) -> SafeString:
        return adminkit.moment(obj.created_at)

    @display(description="Expires")
    def ends(self, obj: Token) -> SafeString:
        return adminkit.moment(obj.expires_at)


def usable_by(request: HttpRequest) -> QuerySet[User]:
    """Whose keys this person may make and revoke. A superuser's open every account: for superusers only."""
    me, users = person(request), User.objects.order_by("login")
    if me.is_superuser:
        return users
    users = users.filter(account=me.account_id, is_superuser=False)
    return users if me.is_root else users.filter(pk=me.pk)
