"""Patterns and tests of policies as conditions on a model's columns, where the database compares as we do."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from uuid import UUID

from django.db.models import CharField, Q, Value
from django.db.models.expressions import Combinable, F
from django.db.models.functions import Left
from django.db.models.lookups import Exact, In

from snapplatform.access.policies import bounds
from snapplatform.access.policies.bounds import Bounds, exactly
from snapplatform.access.policies.operators import Test
from snapplatform.access.policies.wildcards import Pattern

_LONGEST_ID = "ffffffff-ffff-ffff-ffff-ffffffffffff"
_TRUE = Exact(Value(1), Value(1))
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

    def named(self, patterns: Iterable[Pattern]) -> Bounds:
        """Rows of which one name matches one of the patterns of relative names."""
        start, found = f"{self.type}/", bounds.NONE
        whole: list[str] = []
        for pattern in patterns:
            if pattern.exact is not None:
                whole += [pattern.exact.removeprefix(start)] if pattern.exact.startswith(start) else []
            elif pattern.prefix is None:
                found |= bounds.UNKNOWN
            elif start.startswith(pattern.prefix):
                return bounds.ALL
            elif pattern.prefix.startswith(start):
                found |= self._beginning(pattern.prefix.removeprefix(start))
        return found | self._one_of(whole)

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

    def _one_of(self, names: list[str]) -> Bounds:
        texts = [_text(name) for name in names]
        ids = [UUID(name) for name in names if len(name) == len(_LONGEST_ID) and _may_begin_id(name)]
        found = [Q(**{f"{column}__in": ids}) for column in self.ids if ids]
        found += [Q(In(_expression(column), texts)) for column in self.names if texts]
        return exactly(reduce(or_, found)) if found else bounds.NONE

    def _beginning(self, start: str) -> Bounds:
        found = [_begins(column, start) for column in self.names]
        if _may_begin_id(start):
            rest = _LONGEST_ID[len(start) :]
            ends = UUID(start + rest.replace("f", "0")), UUID(start + rest)
            found += [Q(**{f"{column}__range": ends}) for column in self.ids]
        return exactly(reduce(or_, found)) if found else bounds.NONE


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
            return reduce(or_, (_like(column, one) for one in patterns))
    return None


def _like(column: str, pattern: Pattern) -> Q:
    """An exact text or a prefix, of a column that is not NULL."""
    return Q(**{column: pattern.text}) if pattern.prefix is None else _begins(column, pattern.prefix)


def _begins(column: str | Combinable, start: str) -> Q:
    """Not `startswith`: SQLite's LIKE takes capital and small letters for one."""
    return Q(Exact(Left(_expression(column), len(start)), _text(start))) if start else Q(_TRUE)


def _expression(column: str | Combinable) -> Combinable:
    return F(column) if isinstance(column, str) else column


def _text(text: str) -> Value:
    return Value(text, output_field=CharField())


def _may_begin_id(start: str) -> bool:
    """Ids are written in one way only: small letters, with hyphens."""
    return len(start) <= len(_LONGEST_ID) and all(map(_fits, start, _LONGEST_ID))


def _fits(written: str, model: str) -> bool:
    return written == "-" if model == "-" else written in _HEX
