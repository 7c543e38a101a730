"""Serializers of bodies and queries that know all their names, and tell all mistakes at once."""

from collections.abc import Collection
from typing import Any

from rest_framework import serializers
from rest_framework.fields import SkipField

from snapplatform.errors import InvalidValue

WORDS: dict[str, Any] = {"required": "is required", "null": "must not be null", "invalid": "is not valid"}


class Strict(serializers.Serializer[Any]):
    """Names that aren't fields are errors, so that a typing mistake is never silently ignored.

    All that is wrong is told at once: what can't be read, and what the domain refuses of the rest.
    """

    default_error_messages = WORDS

    def refusals(self, values: dict[str, Any], given: Collection[str]) -> list[InvalidValue]:
        """What the domain refuses of `values`, those that could be read; `given` names all that the caller
        wrote. Parameters are named as the domain names them."""
        return []

    def to_internal_value(self, data: Any) -> Any:
        """As DRF's own, but it goes on after the first wrong field, to ask the domain about the others."""
        fields = {name: field for name, field in self.fields.items() if not field.read_only}
        wrong: dict[str, Any] = {}
        values: dict[str, Any] = {}
        for name, field in fields.items():
            try:
                values[str(field.source)] = field.run_validation(field.get_value(data))
            except serializers.ValidationError as error:
                wrong[name] = error.detail
            except SkipField:
                pass
        wrong |= {str(name): ["no such parameter"] for name in data if name not in fields}
        outside = {str(field.source): name for name, field in fields.items()}
        for refusal in self.refusals(values, set(data)):
            wrong.setdefault(outside.get(refusal.parameter, refusal.parameter), [refusal.reason])
        if wrong:
            raise serializers.ValidationError(wrong)
        return values


class Query(Strict):
    """The query string: each parameter known, and given once."""

    def refusals(self, values: dict[str, Any], given: Collection[str]) -> list[InvalidValue]:
        """A span of time that ends before it begins would always be empty: somebody mixed up the two."""
        since, until = values.get("since"), values.get("until")
        if since is None or until is None or since <= until:
            return []
        return [
            InvalidValue("since", "must not be later than `until`"),
            InvalidValue("until", "must not be earlier than `since`"),
        ]
