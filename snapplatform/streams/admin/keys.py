"""Admin of stream keys: shown once when made, then only revoked."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.decorators import display

from snapplatform import adminkit
from snapplatform.access.admin.scoping import ScopedChoiceFilter
from snapplatform.access.admin.verbs import Shown, Verb
from snapplatform.access.admin.writing import ServicedAdmin
from snapplatform.access.principal import Principal
from snapplatform.streams import services
from snapplatform.streams.admin.publishing import key_shown
from snapplatform.streams.models import StreamKey


@admin.register(StreamKey)
class StreamKeyAdmin(ServicedAdmin):
    add_label = "Create stream key"
    empty_text = "Encoders on other machines need a key to publish."
    may_add = True
    list_display = ("hint_text", "label", "opens", "state", "created")
    list_filter = (("stream", ScopedChoiceFilter), "revoked")
    list_select_related = ("stream", "account")
    search_fields = ("label", "hint", "stream__name")
    fieldsets = ((None, {"fields": ("hint_text", "label", "stream", "state", "created")}),)
    readonly_fields = ("hint_text", "state", "created")
    add_fieldsets = ((None, {"fields": ("stream", "label")}),)
    autocomplete_fields = ("stream",)
    change_form_outer_before_template = "web/buttons.html"
    verbs = (
        Verb(
            "revoke", "Revoke", "block", "revoked", tone="danger", shown=lambda key: not key.revoked,
            act=lambda principal, key: services.revoke_stream_key(principal=principal, key_id=key.pk),
        ),
    )  # fmt: skip

    def account_for(self, request: HttpRequest, data: dict[str, Any]) -> int:
        stream = data.get("stream")
        return stream.account_id if stream is not None else super().account_for(request, data)

    def create(self, principal: Principal, data: dict[str, Any]) -> tuple[StreamKey, Shown]:
        stream = data.get("stream")
        key, secret = services.create_stream_key(
            principal=principal, label=data["label"], stream_id=stream.pk if stream else None
        )
        return key, key_shown(secret, stream, back=self.page("changelist"))

    @display(description="Key", ordering="hint")
    def hint_text(self, obj: StreamKey) -> str:
        return f"{obj.hint}…"

    @display(description="Opens")
    def opens(self, obj: StreamKey) -> str:
        return str(obj.stream) if obj.stream else "every stream of the account"

    @display(description="State", ordering="revoked")
    def state(self, obj: StreamKey) -> SafeString:
        return adminkit.badge("revoked", "bad") if obj.revoked else adminkit.badge("active", "good")

    @display(description="Created", ordering="created_at")
    def created(self, obj: StreamKey) -> SafeString:
        return adminkit.age(obj.created_at)
