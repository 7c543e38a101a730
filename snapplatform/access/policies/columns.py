"""Patterns and tests of policies as conditions on a model's columns, where the database compares as we do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from uuid import UUID

from django.db.models import CharField, Q, Value
from django.db.models.expressions import Combinable, F
from django.db.models.functions import Left
from django.db.models.lookups import Exact

from snapplatform.access.policies import bounds
from snapplatform.access.policies.bounds import Bounds, exactly
from snapplatform.access.policies.operators import Test
from snapplatform.access.policies.wildcards import Pattern

_LONGEST_ID = "ffffffff-ffff-ffff-ffff-ffffffffffff"
_HEX = frozenset("0123456789abcdef")
_LOOKUPS = {
    "LessThan": ("lt", max),
    "LessThanEquals": ("lte", max),
    "GreaterThan": ("gt", min),
    "GreaterThanEquals": ("gte", min),
}


@dataclass(frozen=True, slots=True)
class Columns:
    """Where a model keeps what policies look at. All lookups are paths as in filter().

    `ids` hold UUIDs and `names` texts that follow `type/` in resource names; neither may be NULL. `facts`
    maps condition keys to columns. `by_row`: further keys, or starts of keys (acs:ResourceTag/), that rows
    have without a column. Any other key is missing for these rows.
    """

    type: str
    ids: tuple[str, ...] = ("pk",)
    names: tuple[str | Combinable, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    by_row: tuple[str, ...] = ()

    def named(self, pattern: Pattern) -> Bounds:
        """Rows of which one name matches a pattern of relative names."""
        start = f"{self.type}/"
        if pattern.exact is not None:
            rest = pattern.exact.removeprefix(start) if pattern.exact.startswith(start) else None
            return bounds.NONE if rest is None else self._any(Pattern(rest))
        if pattern.prefix is None:
            return bounds.UNKNOWN
        if start.startswith(pattern.prefix):
            return bounds.ALL
        if not pattern.prefix.startswith(start):
            return bounds.NONE
        return self._any(Pattern(pattern.prefix.removeprefix(start) + "*"))

    def says(self, test: Test) -> Bounds | None:
        """Rows for which a test holds; None for a key that rows say nothing about."""
        if (column := self.facts.get(test.key)) is not None:
            found = _compared(column, test)
            if found is None:
                return bounds.UNKNOWN
            # Without the first half NULL would make the whole neither true nor false.
            known = exactly(Q(**{f"{column}__isnull": False}) & found)
            return ~known if test.operator.negated else known
        return bounds.UNKNOWN if test.key.startswith(self.by_row) else None

    def _any(self, pattern: Pattern) -> Bounds:
        found = [_id_like(column, pattern) for column in self.ids]
        found += [exactly(_text_like(column, pattern)) for column in self.names]
        return reduce(or_, found, bounds.NONE)


def _compared(column: str, test: Test) -> Q | None:
    """What a positive operator means for a column that isn't NULL; None where databases compare otherwise."""
    name = test.operator.name.removeprefix("String").removeprefix("Date").replace("Not", "")
    if name == "Equals":
        return Q(**{f"{column}__in": test.wanted})
    if name in _LOOKUPS:
        lookup, bound = _LOOKUPS[name]
        return Q(**{f"{column}__{lookup}": bound(test.wanted)})
    if name == "Like":
        patterns = [Pattern(text) for text in test.wanted]
        if all(one.exact is not None or one.prefix is not None for one in patterns):
            return reduce(or_, (_text_like(column, one) for one in patterns))
    return None


def _text_like(column: str | Combinable, pattern: Pattern) -> Q:
    """An exact text or a prefix. Not `startswith`: SQLite's LIKE takes capital and small letters for one."""
    expression = F(column) if isinstance(column, str) else column
    if pattern.prefix is None:
        return Q(Exact(expression, _text(pattern.text)))
    if not pattern.prefix:
        return Q(Exact(Value(1), Value(1)))
    return Q(Exact(Left(expression, len(pattern.prefix)), _text(pattern.prefix)))


def _text(text: str) -> Value:
    return Value(text, output_field=CharField())


def _id_like(column: str, pattern: Pattern) -> Bounds:
    """An exact id or a prefix, in the only way that ids are written: small letters, with hyphens."""
    if pattern.prefix == "":
        return bounds.ALL
    start = pattern.text if pattern.prefix is None else pattern.prefix
    whole = len(start) == len(_LONGEST_ID)
    if len(start) > len(_LONGEST_ID) or not all(map(_fits, start, _LONGEST_ID)):
        return bounds.NONE
    if pattern.prefix is None:
        return exactly(Q(**{column: UUID(start)})) if whole else bounds.NONE
    rest = _LONGEST_ID[len(start) :]
    return exactly(Q(**{f"{column}__range": (UUID(start + rest.replace("f", "0")), UUID(start + rest))}))


def _fits(written: str, model: str) -> bool:
    return written == "-" if model == "-" else written in _HEX
