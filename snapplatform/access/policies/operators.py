"""The 21 operators of conditions, and one test of one key made of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from snapplatform.access.policies.values import Family, Value, asked
from snapplatform.access.policies.wildcards import PatternSet

Check = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Operator:
    """`prepare` turns the values of a policy into a check of one value of a request. A negated operator holds
    exactly where its positive one doesn't, also when the request says nothing."""

    name: str
    family: Family
    prepare: Callable[[Sequence[Any]], Check]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Test:
    """One key under one operator. `written` is for people, `wanted` the same values as what they mean."""

    operator: Operator
    key: str
    written: tuple[str, ...]
    wanted: tuple[Any, ...]
    check: Check = field(compare=False, repr=False)

    def holds(self, context: Mapping[str, Value]) -> bool:
        said = context.get(self.key)
        value = None if said is None else asked(self.operator.family, said)
        return (value is not None and self.check(value)) is not self.operator.negated


def _equals(wanted: Sequence[Any]) -> Check:
    return frozenset(wanted).__contains__


def _equals_ignoring_case(wanted: Sequence[str]) -> Check:
    folded = frozenset(text.casefold() for text in wanted)
    return lambda value: value.casefold() in folded


def _like(wanted: Sequence[str]) -> Check:
    return PatternSet(wanted).matches


def _inside(wanted: Sequence[Any]) -> Check:
    return lambda address: any(address in network for network in wanted)


# Of several values one is enough, so only the most generous bound matters.
def _less(wanted: Sequence[Any]) -> Check:
    bound = max(wanted)
    return lambda value: value < bound


def _less_or_equal(wanted: Sequence[Any]) -> Check:
    bound = max(wanted)
    return lambda value: value <= bound


def _greater(wanted: Sequence[Any]) -> Check:
    bound = min(wanted)
    return lambda value: value > bound


def _greater_or_equal(wanted: Sequence[Any]) -> Check:
    bound = min(wanted)
    return lambda value: value >= bound


def _compared(start: str, family: Family) -> list[Operator]:
    return [
        Operator(f"{start}Equals", family, _equals),
        Operator(f"{start}NotEquals", family, _equals, negated=True),
        Operator(f"{start}LessThan", family, _less),
        Operator(f"{start}LessThanEquals", family, _less_or_equal),
        Operator(f"{start}GreaterThan", family, _greater),
        Operator(f"{start}GreaterThanEquals", family, _greater_or_equal),
    ]


OPERATORS = {
    operator.name: operator
    for operator in (
        Operator("StringEquals", Family.STRING, _equals),
        Operator("StringNotEquals", Family.STRING, _equals, negated=True),
        Operator("StringEqualsIgnoreCase", Family.STRING, _equals_ignoring_case),
        Operator("StringNotEqualsIgnoreCase", Family.STRING, _equals_ignoring_case, negated=True),
        Operator("StringLike", Family.STRING, _like),
        Operator("StringNotLike", Family.STRING, _like, negated=True),
        *_compared("Numeric", Family.NUMERIC),
        *_compared("Date", Family.DATE),
        Operator("Bool", Family.BOOL, _equals),
        Operator("IpAddress", Family.IP, _inside),
        Operator("NotIpAddress", Family.IP, _inside, negated=True),
    )
}
