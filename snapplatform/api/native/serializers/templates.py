"""JSON of templates. The interval is written in seconds."""

from collections.abc import Collection
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from snapplatform.api.native.base import PageQuery
from snapplatform.api.native.fields import Choice, Moment, Number, Text, Whole
from snapplatform.api.native.serializers.common import default, longest
from snapplatform.api.native.strict import Strict
from snapplatform.errors import InvalidValue
from templates import rules
from templates.models import Template

_LOW, _HIGH = rules.MIN_INTERVAL_MS / 1000, rules.MAX_INTERVAL_MS // 1000
_EXAMPLE = {
    "name": "every 5 s",
    "interval": 5,
    "overwrite_format": "snapshot/{JobId}.jpg",
    "sequence_format": "snapshot/{JobId}/{UnixTimestamp}.jpg",
}


@extend_schema_field(
    {"type": "number", "minimum": _LOW, "maximum": _HIGH, "description": "seconds, to the ms"}
)
class Seconds(Number):
    """Decimal seconds outside, whole milliseconds inside."""

    def to_internal_value(self, data: Any) -> int:
        seconds = super().to_internal_value(data)
        if not _LOW <= seconds <= _HIGH:
            raise serializers.ValidationError(f"must be from {_LOW} to {_HIGH} seconds")
        return round(seconds * 1000)

    def to_representation(self, value: Any) -> Any:
        return super().to_representation(value / 1000)


class TemplateQuery(PageQuery):
    search = Text(required=False, max_length=longest(Template, "name"), help_text="in the name, case ignored")


def _format(field: str, description: str) -> Text:
    return Text(
        max_length=longest(Template, field),
        allow_blank=True,
        required=False,
        default="",
        help_text=description,
    )


def _side() -> Whole:
    return Whole(
        required=False,
        allow_null=True,
        min_value=rules.MIN_SIDE,
        max_value=rules.MAX_SIDE,
        help_text="pixels; null: as the stream, or by the other side",
    )


@extend_schema_serializer(
    component_name="TemplateCreate", examples=[OpenApiExample("Every 5 s", _EXAMPLE, request_only=True)]
)
class TemplateIn(Strict):
    """At least one of overwrite_format and sequence_format must be given."""

    name = Text(max_length=longest(Template, "name"))
    interval = Seconds(source="interval_ms")
    overwrite_format = _format("overwrite_format", "always the newest picture: snapshot/{JobId}.jpg")
    sequence_format = _format(
        "sequence_format", "every picture; needs {UnixTimestamp} (ms) or {Sequence}; may have {JobId}, {Date}"
    )
    image_format = Choice(
        choices=Template.Format.values, required=False, default=default(Template, "image_format")
    )
    quality = Whole(
        min_value=1,
        max_value=100,
        required=False,
        default=default(Template, "quality"),
        help_text="PNG ignores it",
    )
    width = _side()
    height = _side()
    capture = Choice(
        choices=Template.Capture.values,
        required=False,
        default=default(Template, "capture"),
        help_text="keyframe: the newest key frame, cheap; exact: the newest frame",
    )

    def refusals(self, values: dict[str, Any], given: Collection[str]) -> list[InvalidValue]:
        return rules.examine(values).found


@extend_schema_serializer(component_name="TemplateChange")
class TemplateChange(TemplateIn):
    """What is given changes; running jobs follow at their next tick."""


@extend_schema_serializer(component_name="Template")
class TemplateOut(serializers.Serializer[Template]):
    """How often pictures are taken, of what kind, and under what names."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=Template.Kind.values)
    interval = Seconds(source="interval_ms")
    overwrite_format = serializers.CharField()
    sequence_format = serializers.CharField()
    image_format = serializers.ChoiceField(choices=Template.Format.values)
    quality = serializers.IntegerField()
    width = serializers.IntegerField(allow_null=True)
    height = serializers.IntegerField(allow_null=True)
    capture = serializers.ChoiceField(choices=Template.Capture.values)
    created_at = Moment()
    modified_at = Moment()
