"""JSON of streams and stream keys."""

from collections.abc import Collection
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from snapplatform.api.native.base import PageQuery
from snapplatform.api.native.fields import Choice, Identifier, Moment, Text, Whole
from snapplatform.api.native.serializers.common import longest
from snapplatform.api.native.strict import Strict
from snapplatform.errors import InvalidValue
from snapplatform.streams import rules
from snapplatform.streams.addresses import publish_url
from snapplatform.streams.models import Stream, StreamKey
from snapplatform.streams.names import MAX_NAME
from snapplatform.streams.sources import LONGEST_SHOWN

_PULLED = {"name": "gate/east", "source_url": "rtmp://media.example.com/live/gate-east?auth_key=SECRET"}
_TITLE: dict[str, Any] = {"max_length": longest(Stream, "title"), "allow_blank": True, "required": False}
_PREROLL: dict[str, Any] = {
    "min_value": 0,
    "max_value": rules.MAX_PREROLL,
    "required": False,
    "help_text": "keep this many seconds in memory besides the newest GOP",
}


_SOURCE: dict[str, Any] = {
    "max_length": LONGEST_SHOWN,
    "required": False,
    "help_text": "of a pulled stream: rtmp://, rtmps://, rtsp:// or rtsps://; user, password and query are "
    "kept as secrets and shown as ***",
}


class StreamQuery(PageQuery):
    kind = Choice(choices=Stream.Kind.values, required=False)
    state = Choice(choices=Stream.State.values, required=False)
    name = Text(required=False, max_length=MAX_NAME, help_text="exactly this name; it may hold / and :")
    prefix = Text(required=False, max_length=MAX_NAME, help_text="names that begin so")
    search = Text(required=False, max_length=MAX_NAME, help_text="in name or title, case ignored")


@extend_schema_serializer(
    component_name="StreamCreate",
    examples=[
        OpenApiExample("A camera", {"name": "gate/north", "title": "North gate"}, request_only=True),
        OpenApiExample("A stream of another server", _PULLED, request_only=True),
    ],
)
class StreamIn(Strict):
    """With `source_url` the stream is pulled from there while a started job or a player wants it; without it,
    it is published to us."""

    name = Text(max_length=MAX_NAME)
    title = Text(**_TITLE)
    preroll_seconds = Whole(**_PREROLL)
    source_url = Text(**_SOURCE)

    def refusals(self, values: dict[str, Any], given: Collection[str]) -> list[InvalidValue]:
        return rules.examine(values).found


@extend_schema_serializer(component_name="StreamChange")
class StreamChange(Strict):
    """`source_url` is for pulled streams; given as it is shown, it stays."""

    title = Text(**_TITLE)
    preroll_seconds = Whole(**_PREROLL)
    source_url = Text(**_SOURCE)

    def refusals(self, values: dict[str, Any], given: Collection[str]) -> list[InvalidValue]:
        return rules.examine(values).found


@extend_schema_serializer(component_name="Stream")
class StreamOut(serializers.Serializer[Stream]):
    """A live source. Its id never changes; its name is unique in the account."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    number = serializers.IntegerField(help_text="permanent number in the account")
    kind = serializers.ChoiceField(choices=Stream.Kind.values)
    title = serializers.CharField()
    preroll_seconds = serializers.IntegerField()
    source_url = serializers.CharField(help_text="of a pulled stream, its secrets as ***; else empty")
    state = serializers.ChoiceField(choices=Stream.State.values)
    online_since = Moment(allow_null=True)
    offline_since = Moment(allow_null=True)
    offline_reason = serializers.CharField(help_text="also why a pulled stream that is opening isn't live")
    last_keyframe_at = Moment(allow_null=True)
    video_codec = serializers.CharField()
    audio_codec = serializers.CharField()
    width = serializers.IntegerField(allow_null=True)
    height = serializers.IntegerField(allow_null=True)
    frame_rate = serializers.FloatField(allow_null=True)
    bitrate_kbps = serializers.IntegerField(allow_null=True)
    gop_seconds = serializers.FloatField(allow_null=True, help_text="time between the last two keyframes")
    publish_url = serializers.SerializerMethodField(
        help_text="for ffmpeg; a key goes behind it as ?key=...; empty for pulled streams"
    )
    publish_server = serializers.SerializerMethodField(
        help_text="for OBS, whose `stream key` is the name; empty for pulled streams"
    )
    created_at = Moment()

    def get_publish_url(self, stream: Stream) -> str:
        return "" if stream.pulled else publish_url(stream.name)

    def get_publish_server(self, stream: Stream) -> str:
        return "" if stream.pulled else publish_url(stream.name).removesuffix(f"/{stream.name}")


class StreamKeyQuery(PageQuery):
    stream_id = Identifier(required=False)


@extend_schema_serializer(component_name="StreamKeyCreate")
class StreamKeyIn(Strict):
    label = Text(  # type: ignore[assignment]  # the metaclass takes declared fields away
        max_length=longest(StreamKey, "label"), allow_blank=True, required=False
    )
    stream_id = Identifier(
        required=False, allow_null=True, help_text="for this stream alone; without it, for all of the account"
    )

    def refusals(self, values: dict[str, Any], given: Collection[str]) -> list[InvalidValue]:
        return rules.examine_key(values).found


@extend_schema_serializer(component_name="StreamKey")
class StreamKeyOut(serializers.Serializer[StreamKey]):
    id = serializers.UUIDField()
    label = serializers.CharField()  # type: ignore[assignment]  # as above
    hint = serializers.CharField(help_text="the first characters of the key")
    stream_id = serializers.UUIDField(allow_null=True)
    created_at = Moment()


@extend_schema_serializer(component_name="StreamKeyWithSecret")
class NewStreamKeyOut(StreamKeyOut):
    key = serializers.CharField(help_text="shown this once; publish with ?key=...")
