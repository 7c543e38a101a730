"""Which rows a policy lets through, as far as a database can say: from below and from above."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q

# True: every row; False: none. Kept apart from Q, so that whole branches fall away.
Rows = Q | bool


@dataclass(frozen=True, slots=True)
class Bounds:
    """The rows in `low` surely belong, those outside of `high` surely don't; the rest, rows must tell."""

    low: Rows
    high: Rows

    @property
    def exact(self) -> bool:
        return self.low is self.high

    def __and__(self, other: "Bounds") -> "Bounds":
        high = _both(self.high, other.high)
        return Bounds(high if self.exact and other.exact else _both(self.low, other.low), high)

    def __or__(self, other: "Bounds") -> "Bounds":
        high = _either(self.high, other.high)
        return Bounds(high if self.exact and other.exact else _either(self.low, other.low), high)

    def __invert__(self) -> "Bounds":
        high = _not(self.low)
        return Bounds(high if self.exact else _not(self.high), high)


def exactly(rows: Rows) -> Bounds:
    return Bounds(rows, rows)


ALL, NONE, UNKNOWN = exactly(True), exactly(False), Bounds(False, True)


def _both(left: Rows, right: Rows) -> Rows:
    if isinstance(left, bool):
        return right if left else False
    if isinstance(right, bool):
        return left if right else False
    return left & right


def _either(left: Rows, right: Rows) -> Rows:
    if isinstance(left, bool):
        return True if left else right
    if isinstance(right, bool):
        return True if right else left
    return left | right


def _not(rows: Rows) -> Rows:
    return not rows if isinstance(rows, bool) else ~rows


def terms(rows: Rows | Any) -> int:
    """How many comparisons the database would make for a row."""
    return sum(map(terms, rows.children)) if isinstance(rows, Q) else 1
