"""Admin of streams: what they are, whether they are live, how to publish them."""

from typing import Any

from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from snapplatform import adminkit
from snapplatform.access.admin.verbs import Shown, Verb
from snapplatform.access.admin.writing import ServicedAdmin
from snapplatform.access.principal import Principal
from snapplatform.errors import SnapError
from snapplatform.streams import addresses, services
from snapplatform.streams.admin.publishing import how_to_publish, key_shown, publish_server
from snapplatform.streams.models import Stream

SOURCE_HELP = (
    "Only for a stream that is pulled from a camera or another server: rtmp://, rtmps://, rtsp:// or "
    "rtsps://. User, password and query are kept encrypted and shown as ***. Leave it empty for a stream "
    "that is published to us."
)
LIVE_FACTS = ("online", "offline", "video", "audio_codec", "rate", "gop", "keyframe")


def _create_key(principal: Principal, stream: Stream) -> Shown:
    _, secret = services.create_stream_key(principal=principal, label=stream.name[:64], stream_id=stream.pk)
    return key_shown(secret, stream, back=f"../../../{stream.pk}/change/")


class StreamAdmin(ServicedAdmin):
    add_label = "Register stream"
    empty_text = "Publish to the address above and the stream appears here, or register its name first."
    may_add = may_change = may_delete = True
    list_display: tuple[str, ...] = ("name_and_title", "live", "video", "rate", "gop", "online")
    list_filter = ("state", "kind")
    list_select_related = ("account",)
    search_fields = ("name", "title")
    ordering = ("state", "name")
    list_before_template = "web/streams/where.html"
    change_form_outer_before_template = "web/streams/head.html"
    readonly_fields = (*LIVE_FACTS, "publisher", "number", "node")
    fieldsets = (
        ("Settings", {"fields": ("name", "title", "preroll_seconds")}),
        (
            "Live state",
            {"fields": (*LIVE_FACTS, "publisher", "number")},
        ),
    )
    add_fieldsets = ((None, {"fields": ("name", "title", "source_url", "preroll_seconds")}),)
    verbs = (
        Verb("create-key", "Create stream key", "key", "stream key created", act=_create_key, many=False),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        sets = super().get_fieldsets(request, obj)
        if obj is not None and obj.pulled:
            name, title, *others = sets[0][1]["fields"]
            sets[0][1]["fields"] = (name, title, "source_url", *others)
        if obj is not None and request.user.is_superuser:  # nodes are the site's matter, no account's
            sets[1][1]["fields"] = (*sets[1][1]["fields"], "node")
        return sets

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fields = super().get_readonly_fields(request, obj)
        return [*fields, "name"] if obj is not None else fields

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "source_url":
            field.help_text = SOURCE_HELP
        return field

    def create(self, principal: Principal, data: dict[str, Any]) -> Stream:
        source_url = data.pop("source_url", "") or None
        return services.create_stream(principal=principal, source_url=source_url, **data)

    def update(self, principal: Principal, obj: Stream, changes: dict[str, Any]) -> None:
        services.update_stream(principal=principal, stream_id=obj.pk, **changes)

    def remove(self, principal: Principal, obj: Stream) -> None:
        services.delete_stream(principal=principal, stream_id=obj.pk)

    def obstacle(self, obj: Stream) -> SnapError | None:
        return services.why_in_use(obj)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        where = {"server": publish_server(), "example": addresses.publish_url("my-camera")}
        return super().changelist_view(request, {**where, **(extra_context or {})})

    def panel(self, request: HttpRequest, obj: Stream) -> dict[str, Any]:
        state = format_html("online {}", self.online(obj)) if is_live(obj) else self.offline(obj)
        facts = adminkit.facts(self.video(obj), self.rate(obj), state) if obj.epoch else ""
        return {
            "stream": obj,
            "badge": self.live(obj),
            "facts": facts,
            "publish": None if obj.pulled else how_to_publish(obj),
        }

    @display(description="Stream", ordering="name")
    def name_and_title(self, obj: Stream) -> SafeString:
        return adminkit.stacked(obj.name, obj.title) if obj.title else adminkit.facts(obj.name)

    @display(description="State", ordering="state")
    def live(self, obj: Stream) -> SafeString:
        if obj.state == Stream.State.OPENING:
            return adminkit.badge("OPENING", "wait", title=obj.offline_reason, dot=True)
        return adminkit.live_badge(is_live(obj))

    @display(description="Video")
    def video(self, obj: Stream) -> SafeString:
        fps = f"{obj.frame_rate:g} fps" if obj.frame_rate else ""
        return adminkit.facts(adminkit.resolution(obj.width, obj.height), fps, obj.video_codec)

    @display(description="Bit rate", ordering="bitrate_kbps")
    def rate(self, obj: Stream) -> SafeString:
        return adminkit.facts(f"{obj.bitrate_kbps / 1000:.1f} Mb/s" if obj.bitrate_kbps else "")

    @display(description="GOP", ordering="gop_seconds")
    def gop(self, obj: Stream) -> SafeString:
        return adminkit.facts(f"{obj.gop_seconds:.1f} s" if obj.gop_seconds else "")

    @display(description="Online since", ordering="online_since")
    def online(self, obj: Stream) -> SafeString:
        return adminkit.age(obj.online_since) if is_live(obj) else adminkit.NOTHING

    @display(description="Offline since")
    def offline(self, obj: Stream) -> SafeString:
        if is_live(obj) or obj.offline_since is None:
            return adminkit.NOTHING
        return adminkit.facts(adminkit.moment(obj.offline_since), obj.offline_reason)

    @display(description="Newest keyframe")
    def keyframe(self, obj: Stream) -> SafeString:
        return adminkit.moment(obj.last_keyframe_at)


def is_live(stream: Stream) -> bool:
    return stream.state == Stream.State.LIVE
