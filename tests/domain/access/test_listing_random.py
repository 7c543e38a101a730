"""Lists under random and under very long policies."""

from collections import Counter
from random import Random
from typing import Any

import pytest

from snapplatform.access.policies.listing import scope
from tests.domain.access.listed import CONTEXT, NAMES, STREAMS, listed, of_stream
from tests.unit.access.documents import action, attached, statement


def test_400_random_policies(streams):
    random = Random(11)
    ids = [str(row.pk) for row in streams]
    sizes: Counter[int] = Counter()
    exactly = 0
    for _ in range(400):
        statements = [_random_statement(random, ids) for _ in range(random.randint(1, 4))]
        kept, exact = listed("snap:ListStreams", STREAMS, streams, of_stream, *statements)
        sizes[min(len(kept), 2)] += 1
        exactly += exact
    assert min(sizes[0], sizes[2]) > 50
    assert 100 < exactly < 390


def _random_statement(random: Random, ids: list[str]) -> dict[str, Any]:
    names = [*NAMES, *ids, "door*", "D*", "*-?", "*", ids[0][:12] + "*", "r??f", ""]
    targets = [f"acs:{random.choice(('snap', '*'))}:*:*:stream/{random.choice(names)}" for _ in range(3)]
    targets += ["*", "acs:snap:*:*:s*", "acs:snap:*:*:*door*"]
    times = [f"2026-11-20T{random.randint(12, 20)}:00:00Z" for _ in range(2)]
    tests = {
        "snap:StreamName": (("StringEquals", "StringNotEquals", "StringLike", "StringNotLike"), names),
        "snap:MediaTime": (("DateLessThan", "DateGreaterThanEquals", "DateNotEquals"), times),
        "acs:ResourceTag/team": (("StringEquals", "StringNotEqualsIgnoreCase"), ["red", "RED"]),
        "acs:SecureTransport": (("Bool",), ["true", "false"]),
    }
    conditions = {}
    for key in random.sample(list(tests), random.randint(0, 2)):
        operators, values = tests[key]
        conditions[random.choice(operators)] = {key: random.sample(values, 2)}
    return {
        "Effect": random.choices(("Allow", "Deny"), (3, 1))[0],
        "Action": "snap:List*",
        random.choice(("Resource", "Resource", "NotResource")): random.sample(targets, random.randint(1, 2)),
        "Condition": conditions,
    }


def test_every_permitted_row_comes_from_the_database(streams):
    """Where rows must be asked, the database may leave out only what can't be permitted."""
    policies = [attached(statement(target=["acs:snap:*:*:stream/d*", "acs:snap:*:*:stream/*f"]))]
    found = scope(policies, action("snap:ListStreams"), str(streams[0].account_id), STREAMS, CONTEXT)
    assert (found.exact, found.nothing) == (False, False)
    assert {"door", "roof"} <= {row.name for row in streams.filter(found.rows)}


@pytest.mark.parametrize(("shape", "alone"), [("{}", True), ("cam-{}*", False), ("*-{}", False)])
def test_thousands_of_patterns_are_no_trouble_for_the_database(streams, shape, alone):
    names = [shape.format(number) for number in range(3000)]
    targets = [f"acs:snap:*:*:stream/{name}" for name in names]
    policies = [attached(statement(target=targets[at : at + 120])) for at in range(0, 3000, 120)]
    policies.append(attached(statement(target="acs:snap:*:*:stream/door")))
    found = scope(policies, action("snap:ListStreams"), str(streams[0].account_id), STREAMS, CONTEXT)
    assert found.exact is alone
    kept = [row for row in streams.filter(found.rows) if found.exact or found.permits(*of_stream(row))]
    assert {row.name for row in kept} == ({"door", "door-1"} if shape == "*-{}" else {"door"})
