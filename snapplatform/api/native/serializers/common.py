"""Pages, and options of fields taken from the models so that no limit is written twice."""

from functools import cache
from typing import Any

from django.db.models import Model
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from snapplatform.api.native.fields import Text


def longest(model: type[Model], field: str) -> int:
    """The most characters that the model's text field holds."""
    length = model._meta.get_field(field).max_length  # type: ignore[union-attr]
    assert isinstance(length, int)
    return length


def default(model: type[Model], field: str) -> Any:
    """What the model's field has when nobody says anything."""
    return model._meta.get_field(field).get_default()  # type: ignore[union-attr]


@cache  # one class a page, or the document would hold two of the same name
def page_of(item: type[serializers.Serializer[Any]]) -> type[serializers.Serializer[Any]]:
    """The page of a list: `items` and the cursor of the next page."""
    name = f"{item.__name__.removesuffix('Out')}Page"
    fields = {
        "items": item(many=True),
        "next": Text(allow_null=True, help_text="give it back as `cursor`; null on the last page"),
    }
    return extend_schema_serializer(component_name=name)(type(name, (serializers.Serializer,), fields))
