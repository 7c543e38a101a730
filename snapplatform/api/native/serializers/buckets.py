"""JSON of buckets."""

from collections.abc import Collection
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from snapplatform.api.native.base import PageQuery
from snapplatform.api.native.fields import Moment, Text, Whole
from snapplatform.api.native.serializers.common import default, longest
from snapplatform.api.native.strict import Strict
from snapplatform.errors import InvalidValue
from snapplatform.storage import rules
from snapplatform.storage.models import Bucket


def retention(description: str) -> Whole:
    """The field for how many days pictures are kept."""
    return Whole(
        min_value=1, max_value=rules.MAX_RETENTION, allow_null=True, required=False, help_text=description
    )


class BucketQuery(PageQuery):
    endpoint = Text(required=False, max_length=longest(Bucket, "endpoint"))
    name = Text(required=False, max_length=longest(Bucket, "name"))


@extend_schema_serializer(
    component_name="BucketCreate",
    examples=[OpenApiExample("Kept a week", {"name": "pictures", "retention_days": 7}, request_only=True)],
)
class BucketIn(Strict):
    name = Text(
        max_length=longest(Bucket, "name"), min_length=3, help_text="lower-case letters, digits and dashes"
    )
    endpoint = Text(
        max_length=longest(Bucket, "endpoint"),
        required=False,
        default=default(Bucket, "endpoint"),
        help_text="a label that callers match, such as a cloud's; bytes are kept in a folder here",
    )
    retention_days = retention("null: as the site says")

    def refusals(self, values: dict[str, Any], given: Collection[str]) -> list[InvalidValue]:
        return rules.examine(values).found


@extend_schema_serializer(component_name="BucketChange")
class BucketChange(Strict):
    retention_days = retention("what is stored already keeps the end it was given")


@extend_schema_serializer(component_name="Bucket")
class BucketOut(serializers.Serializer[Bucket]):
    """A place for pictures. Endpoint and name are labels."""

    id = serializers.UUIDField()
    endpoint = serializers.CharField()
    name = serializers.CharField()
    backend = serializers.ChoiceField(choices=Bucket.Backend.values)
    retention_days = serializers.IntegerField(allow_null=True)
    created_at = Moment()
