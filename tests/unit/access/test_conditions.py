"""Conditions: what each operator holds for, also when the request says nothing."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from snapplatform.access.policies.operators import OPERATORS
from snapplatform.access.policies.values import Value, address
from tests.unit.access.documents import NOON, attached, statement

STREAM, TAG, TIME, ADDRESS = "snap:StreamName", "acs:ResourceTag/size", "acs:CurrentTime", "acs:SourceIp"


def holds(conditions: dict[str, Any], **context: Value) -> bool:
    policy = attached(statement(Condition=conditions))
    return policy.document.statements[0].allows_context(context)


STRINGS = [
    ("StringEquals", ["door", "gate"], "gate", True),
    ("StringEquals", ["door", "gate"], "Gate", False),
    ("StringEquals", "d*", "door", False),
    ("StringEquals", "", "", True),
    ("StringNotEquals", ["door", "gate"], "gate", False),
    ("StringNotEquals", ["door", "gate"], "roof", True),
    ("StringEqualsIgnoreCase", "STRASSE", "straße", True),
    ("StringEqualsIgnoreCase", "door", "roof", False),
    ("StringNotEqualsIgnoreCase", "DOOR", "door", False),
    ("StringNotEqualsIgnoreCase", "DOOR", "roof", True),
    ("StringLike", ["d*r", "roof-?"], "roof-1", True),
    ("StringLike", "d*r", "Door", False),
    ("StringLike", "[dr]oor", "door", False),
    ("StringNotLike", ["d*r", "roof-?"], "roof-1", False),
    ("StringNotLike", "d*r", "gate", True),
]


@pytest.mark.parametrize(("operator", "wanted", "said", "expected"), STRINGS)
def test_texts(operator: str, wanted: Any, said: str, expected: bool):
    assert holds({operator: {STREAM: wanted}}, **{STREAM: said}) is expected


# Of several values one is enough: less than any of them is less than the greatest.
NUMBERS = [
    ("NumericEquals", "10", "10.0", True),
    ("NumericEquals", "0.1", "0.10000000000000001", False),
    ("NumericEquals", ["1", "2"], "2", True),
    ("NumericNotEquals", ["1", "2"], "2", False),
    ("NumericNotEquals", ["1", "2"], "3", True),
    ("NumericLessThan", ["3", "5"], "4", True),
    ("NumericLessThan", ["3", "5"], "5", False),
    ("NumericLessThanEquals", ["3", "5"], "5", True),
    ("NumericLessThanEquals", "9", "10", False),
    ("NumericGreaterThan", ["3", "5"], "4", True),
    ("NumericGreaterThan", ["3", "5"], "3", False),
    ("NumericGreaterThanEquals", ["3", "5"], "3", True),
    ("NumericGreaterThanEquals", "-1", "-2", False),
]


@pytest.mark.parametrize(("operator", "wanted", "said", "expected"), NUMBERS)
def test_numbers(operator: str, wanted: Any, said: str, expected: bool):
    assert holds({operator: {TAG: wanted}}, **{TAG: said}) is expected
    assert holds({operator: {TAG: wanted}}, **{TAG: Decimal(said)}) is expected


TIMES = [
    ("DateEquals", "2026-11-20T13:00:00+01:00", 0, True),
    ("DateEquals", "2026-11-20T12:00Z", 1, False),
    ("DateNotEquals", "2026-11-20T12:00:00Z", 0, False),
    ("DateNotEquals", "2026-11-20T12:00:00Z", 1, True),
    ("DateLessThan", "2026-11-20T12:00:00.000001Z", 0, True),
    ("DateLessThan", "2026-11-20T12:00:00Z", 0, False),
    ("DateLessThanEquals", ["2020-01-01T00:00:00Z", "2026-11-20T12:00:00Z"], 0, True),
    ("DateGreaterThan", ["2026-11-20T12:00:00Z", "2030-01-01T00:00:00Z"], 1, True),
    ("DateGreaterThan", "2026-11-20T12:00:00Z", 0, False),
    ("DateGreaterThanEquals", "2026-11-20T12:00:00Z", 0, True),
]


@pytest.mark.parametrize(("operator", "wanted", "later", "expected"), TIMES)
def test_times(operator: str, wanted: Any, later: int, expected: bool):
    moment = NOON + timedelta(seconds=later)
    assert holds({operator: {TIME: wanted}}, **{TIME: moment}) is expected
    assert holds({operator: {TAG: wanted}}, **{TAG: moment.isoformat()}) is expected


ADDRESSES = [
    ("10.0.0.0/8", "10.255.0.1", True),
    ("10.0.0.0/8", "11.0.0.1", False),
    ("10.1.2.3/8", "10.9.9.9", True),
    ("192.0.2.7", "192.0.2.7", True),
    ("192.0.2.7", "192.0.2.8", False),
    (["192.0.2.7", "2001:db8::/32"], "2001:db8::1", True),
    ("2001:db8::/32", "2001:db9::1", False),
    ("0.0.0.0/0", "2001:db8::1", False),
    ("::/0", "192.0.2.7", False),
    ("10.0.0.0/8", "::ffff:10.1.1.1", True),
    ("::ffff:10.0.0.0/104", "10.1.1.1", True),
    ("::ffff:10.0.0.0/104", "11.1.1.1", False),
    ("::ffff:192.0.2.7", "192.0.2.7", True),
]


@pytest.mark.parametrize(("wanted", "said", "expected"), ADDRESSES)
def test_addresses(wanted: Any, said: str, expected: bool):
    assert holds({"IpAddress": {ADDRESS: wanted}}, **{ADDRESS: address(said)}) is expected
    assert holds({"NotIpAddress": {ADDRESS: wanted}}, **{ADDRESS: address(said)}) is not expected
    assert holds({"IpAddress": {TAG: wanted}}, **{TAG: said}) is expected


@pytest.mark.parametrize(
    ("wanted", "said", "expected"),
    [("true", True, True), ("TRUE", True, True), (False, False, True), ("false", True, False)],
)
def test_flags(wanted: Any, said: bool, expected: bool):
    assert holds({"Bool": {"acs:SecureTransport": wanted}}, **{"acs:SecureTransport": said}) is expected


VALUES = {
    "String": "door",
    "Numeric": "5",
    "Date": "2026-11-20T12:00:00Z",
    "Bool": "true",
    "Ip": "10.0.0.0/8",
    "NotIp": "10.0.0.0/8",
}


@pytest.mark.parametrize("name", OPERATORS)
@pytest.mark.parametrize("said", [None, "\x00 nothing that this kind of value could be \U0001f3a5"])
def test_only_negated_operators_hold_for_what_is_missing_or_of_another_kind(name: str, said: str | None):
    wanted = next(value for start, value in VALUES.items() if name.startswith(start))
    context: dict[str, Value] = {} if said is None else {TAG: said}
    assert holds({name: {TAG: wanted}}, **context) is ("Not" in name)


def test_there_are_21_operators():
    assert len(OPERATORS) == 21


def test_all_keys_and_all_operators_must_hold():
    conditions = {
        "StringEquals": {STREAM: ["door", "gate"], "snap:Bucket": "b"},
        "DateLessThan": {TIME: "2030-01-01T00:00:00Z"},
    }
    good: dict[str, Value] = {STREAM: "gate", "snap:Bucket": "b", TIME: datetime(2026, 1, 1, tzinfo=UTC)}
    assert holds(conditions, **good)
    for key, other in ((STREAM, "roof"), ("snap:Bucket", "c"), (TIME, datetime(2031, 1, 1, tzinfo=UTC))):
        assert not holds(conditions, **{**good, key: other})
    assert holds({}, **{})


def test_a_typed_value_is_not_compared_as_text():
    assert not holds({"StringEquals": {TAG: "True"}}, **{TAG: True})
