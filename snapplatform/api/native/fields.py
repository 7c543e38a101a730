"""Fields that take a JSON type as it is: no "1" for 1."""

import re
import uuid
from datetime import UTC, datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from snapplatform.api.native.strict import WORDS, Query

_LONGEST_ID = 45  # urn:uuid:...
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


class Text(serializers.CharField):
    """A JSON text, spaces kept. What may stand in it is for the domain to say."""

    default_error_messages = {
        **WORDS,
        "invalid": "must be text",
        "blank": "must not be empty",
        "max_length": "at most {max_length} characters",
        "min_length": "at least {min_length} characters",
    }

    def __init__(self, **options: Any) -> None:
        if not options.get("allow_blank"):
            options.setdefault("min_length", 1)
        super().__init__(trim_whitespace=False, **options)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return data


@extend_schema_field(OpenApiTypes.UUID)
class Identifier(serializers.Field[uuid.UUID, str, str, Any]):
    """An id. Whether it exists is asked of the account's own rows."""

    default_error_messages = {**WORDS, "invalid": "must be an id, like 0195d7a0-0000-7000-8000-000000000001"}

    def to_internal_value(self, data: Any) -> uuid.UUID:
        if not isinstance(data, str) or len(data) > _LONGEST_ID:
            self.fail("invalid")
        try:
            return uuid.UUID(data)
        except ValueError:
            self.fail("invalid")

    def to_representation(self, value: uuid.UUID) -> str:
        return str(value)


class Whole(serializers.IntegerField):
    """A JSON whole number; true and 1.0 are not."""

    default_error_messages = {
        **WORDS,
        "invalid": "must be a whole number",
        "max_value": "at most {max_value}",
        "min_value": "at least {min_value}",
    }

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return data


class Number(serializers.FloatField):
    """A JSON number."""

    default_error_messages = {
        **WORDS,
        "invalid": "must be a number",
        "max_value": "at most {max_value}",
        "min_value": "at least {min_value}",
    }

    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool) or not isinstance(data, (int, float)):
            self.fail("invalid")
        return data

    def to_representation(self, value: Any) -> Any:
        return int(value) if value == int(value) else float(value)


class Flag(serializers.BooleanField):
    """JSON true or false; in a query the words `true` and `false`."""

    default_error_messages = {**WORDS, "invalid": "must be true or false"}
    _values = {True: True, False: False, "true": True, "false": False}

    def to_internal_value(self, data: Any) -> bool:
        in_query = isinstance(self.parent, Query)
        if not isinstance(data, str if in_query else bool) or data not in self._values:
            self.fail("invalid")
        return self._values[data]


class Choice(serializers.ChoiceField):
    default_error_messages = {**WORDS, "invalid_choice": "must be one of {choices}"}

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str) or data not in self.choices:
            self.fail("invalid_choice", choices=", ".join(map(str, self.choices)))
        return data


class Many(serializers.ListField):
    default_error_messages = {
        **WORDS,
        "not_a_list": "must be a list",
        "empty": "must not be empty",
        "min_length": "at least {min_length}",
        "max_length": "at most {max_length}",
    }

    def to_internal_value(self, data: Any) -> list[Any]:
        if not isinstance(data, list):
            self.fail("not_a_list", input_type=type(data).__name__)
        return list(super().to_internal_value(data))


@extend_schema_field(OpenApiTypes.DATETIME)
class Moment(serializers.Field[datetime, str, str, Any]):
    """A time of RFC 3339, with its offset: 2026-03-01T12:00:00Z."""

    default_error_messages = {
        **WORDS,
        "invalid": "must be a time like 2026-03-01T12:00:00Z or ...%2B01:00 (in a query, + is written %2B)",
    }

    def to_internal_value(self, data: Any) -> datetime:
        if not isinstance(data, str) or not _RFC3339.fullmatch(data):
            self.fail("invalid")
        try:
            parsed = parse_datetime(data.upper())
            if parsed is None:
                raise ValueError(data)
            return parsed.astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail("invalid")

    def to_representation(self, value: datetime) -> str:
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


class QueryWhole(Whole):
    """A whole number written in a query."""

    def to_internal_value(self, data: Any) -> int:
        if not re.fullmatch(r"-?[0-9]{1,18}", str(data), re.ASCII):
            self.fail("invalid")
        return int(data)
