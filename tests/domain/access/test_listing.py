"""Lists under policies: the database's answer, and row by row where it can't tell, is evaluate()'s answer."""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from django.db.models import Model, QuerySet, Value
from django.db.models.functions import Concat

from jobs.models import Snapshot
from snapplatform.access.policies.columns import Columns
from snapplatform.access.policies.evaluation import Request, evaluate
from snapplatform.access.policies.listing import scope
from snapplatform.access.policies.values import Value as Said
from snapplatform.access.policies.values import address
from snapplatform.access.principal import Principal
from snapplatform.access.resources import Resource, bucket_name, resource
from snapplatform.cluster import nodes
from snapplatform.cluster.models import Node
from snapplatform.storage.models import Bucket
from snapplatform.streams.models import Stream
from tests import factories
from tests.unit.access.documents import NOON, action, attached, statement

STREAMS = Columns(
    "stream",
    names=("name",),
    facts={"snap:StreamName": "name", "snap:MediaTime": "online_since"},
    by_row=("acs:ResourceTag/",),
)
BUCKETS = Columns("bucket", names=(Concat("endpoint", Value("/"), "name"),), facts={"snap:Bucket": "name"})
SNAPSHOTS = Columns(
    "snapshot",
    facts={
        "snap:StreamName": "stream__name",
        "snap:Bucket": "object__bucket__name",
        "snap:MediaTime": "frame_at",
    },
)
CONTEXT: dict[str, Said] = {"acs:SourceIp": address("10.0.0.1"), "acs:CurrentTime": NOON}
NAMES = ("door", "Door", "door-1", "Doorway", "roof", "a/b:c", "tür", "d*", "x_y", "xzy")


def of_stream(row: Stream) -> tuple[Resource, dict[str, Said]]:
    facts: dict[str, Said] = {"snap:StreamName": row.name, "acs:ResourceTag/team": row.title}
    if row.online_since:
        facts["snap:MediaTime"] = row.online_since
    return resource(row.account_id, "stream", row.pk, row.name), facts


def of_bucket(row: Bucket) -> tuple[Resource, dict[str, Said]]:
    return resource(row.account_id, "bucket", row.pk, bucket_name(row.endpoint, row.name)), {
        "snap:Bucket": row.name
    }


def of_snapshot(row: Snapshot) -> tuple[Resource, dict[str, Said]]:
    return resource(row.account_id, "snapshot", row.pk), {
        "snap:StreamName": row.stream.name,
        "snap:Bucket": row.object.bucket.name,
        "snap:MediaTime": row.frame_at,
    }


def listed(
    name: str,
    columns: Columns,
    rows: QuerySet[Any],
    facts_of: Callable[[Any], tuple[Resource, dict[str, Said]]],
    *statements: dict[str, Any],
) -> tuple[set[Any], bool]:
    """The rows that may be seen, and whether the database alone said so; compared with evaluate()."""
    policies = [attached(*statements)]
    account = str(rows[0].account_id)
    found = scope(policies, action(name), account, columns, CONTEXT)
    kept = {row for row in rows.filter(found.rows) if found.exact or found.permits(*facts_of(row))}
    expected = {row for row in rows if _permitted(policies, name, *facts_of(row))}
    assert kept == expected, json.dumps(statements)
    assert not (found.nothing and kept)
    return kept, found.exact


def _permitted(policies: Iterable[Any], name: str, thing: Resource, facts: dict[str, Said]) -> bool:
    return evaluate(policies, Request(action(name), thing, {**CONTEXT, **facts})).allowed


@pytest.fixture
def streams(principal: Principal) -> QuerySet[Stream]:
    for number, name in enumerate(NAMES):
        row = factories.make_stream(principal, name, title=("red", "")[number % 2])
        if number % 3:
            Stream.objects.filter(pk=row.pk).update(online_since=NOON + timedelta(hours=number))
    factories.make_stream(factories.make_principal(is_root=True), "door")
    return Stream.objects.filter(account=principal.account_id)


EXACT = [
    ([], ()),
    ([statement()], NAMES),
    ([statement(target="acs:snap:*:*:stream/*")], NAMES),
    ([statement(target="acs:snap:*:*:job/*")], ()),
    ([statement(target="acs:snap:*:42:*")], ()),
    ([statement(target="acs:ice:*:*:*")], ()),
    ([statement(action="ice:*")], ()),
    ([statement(target="acs:snap:*:*:stream/door")], ("door",)),
    ([statement(target="acs:snap:*:*:stream/d*")], ("door", "door-1", "d*")),
    ([statement(target="acs:snap:*:*:stream/x_*")], ("x_y",)),
    ([statement(target="acs:snap:*:*:str*")], NAMES),
    ([statement(target="acs:snap:*:*:stream")], ()),
    ([statement(), statement("Deny", target="acs:snap:*:*:stream/[Dd]*")], NAMES),
    ([statement(), statement("Deny", target="acs:snap:*:*:stream/Door*")], set(NAMES) - {"Door", "Doorway"}),
    ([statement(), statement("Deny")], ()),
    ([{"Effect": "Allow", "Action": "*", "NotResource": "acs:snap:*:*:stream/d*"}],
     ("Door", "Doorway", "roof", "a/b:c", "tür", "x_y", "xzy")),
    ([statement(Condition={"StringEquals": {"snap:StreamName": ["door", "roof", "no"]}})], ("door", "roof")),
    ([statement(Condition={"StringNotLike": {"snap:StreamName": ["door*", "tür"]}})],
     ("Door", "Doorway", "roof", "a/b:c", "d*", "x_y", "xzy")),
    ([statement(Condition={"StringLike": {"snap:StreamName": "*"}})], NAMES),
    ([statement(Condition={"DateLessThan": {"snap:MediaTime": "2026-11-20T14:00:00Z"}})], ("Door",)),
    ([statement(Condition={"DateNotEquals": {"snap:MediaTime": "2026-11-20T13:00:00Z"}})],
     set(NAMES) - {"Door"}),
    ([statement(), statement("Deny", Condition={"DateGreaterThanEquals": {"snap:MediaTime": [
        "2026-11-20T14:00:00Z", "2030-01-01T00:00:00Z"]}})], ("door", "Door", "Doorway", "tür", "xzy")),
    ([statement(Condition={"IpAddress": {"acs:SourceIp": "10.0.0.0/8"}})], NAMES),
    ([statement(Condition={"IpAddress": {"acs:SourceIp": "11.0.0.0/8"}})], ()),
    ([statement(Condition={"StringEquals": {"snap:Bucket": "b"}})], ()),  # streams have none
    ([statement(Condition={"StringNotEquals": {"snap:Bucket": "b"}})], NAMES),
]  # fmt: skip


@pytest.mark.parametrize(("statements", "expected"), EXACT)
def test_what_the_database_can_say_alone(streams, statements, expected):
    kept, exact = listed("snap:ListStreams", STREAMS, streams, of_stream, *statements or [statement("Deny")])
    assert {row.name for row in kept} == set(expected)
    assert exact


BY_ROW = [
    ([statement(target="acs:snap:*:*:stream/*-?")], {"door-1"}),
    ([statement(Condition={"StringEqualsIgnoreCase": {"snap:StreamName": "DOOR"}})], {"door", "Door"}),
    ([statement(), statement("Deny", Condition={"StringEquals": {"acs:ResourceTag/team": "red"}})],
     {"Door", "Doorway", "a/b:c", "d*", "xzy"}),
    ([statement(Condition={"StringLike": {"snap:StreamName": ["do*r", "roof"]}})], {"door", "roof"}),
]  # fmt: skip


@pytest.mark.parametrize(("statements", "expected"), BY_ROW)
def test_what_only_rows_can_tell(streams, statements, expected):
    kept, exact = listed("snap:ListStreams", STREAMS, streams, of_stream, *statements)
    assert {row.name for row in kept} == expected
    assert not exact


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([statement(Condition={"StringNotLike": {"snap:Bucket": "h*"}})], set(NAMES) - {"door"}),
        ([statement(Condition={"StringLike": {"snap:Bucket": "h*"}})], {"door"}),
        ([statement(), statement("Deny", Condition={"StringLike": {"snap:Bucket": ["h*", "x"]}})],
         set(NAMES) - {"door"}),
        ([statement(), statement("Deny", Condition={"StringNotEquals": {"snap:Bucket": "host"}})], {"door"}),
    ],
)  # fmt: skip
def test_an_empty_column_is_a_missing_key(streams, statements, expected):
    """Whatever is asked of it, NULL must not make a row neither permitted nor refused."""
    node = nodes.register(rtmp_address="127.0.0.1:0")
    Node.objects.filter(pk=node.pk).update(host="host")
    streams.filter(name="door").update(node=node)
    columns = Columns("stream", names=("name",), facts={"snap:Bucket": "node__host"})

    def facts_of(row: Stream) -> tuple[Resource, dict[str, Said]]:
        return of_stream(row)[0], {"snap:Bucket": row.node.host} if row.node else {}

    kept, exact = listed("snap:ListStreams", columns, streams, facts_of, *statements)
    assert {row.name for row in kept} == expected
    assert exact


def test_what_cannot_matter_is_not_asked_of_rows(streams):
    odd = statement("Allow", target="acs:snap:*:*:stream/*-?")
    kept, exact = listed("snap:ListStreams", STREAMS, streams, of_stream, odd, statement())
    assert exact
    assert len(kept) == len(NAMES)
    deny = statement("Deny", target="acs:snap:*:*:stream/*-?")
    assert listed("snap:ListStreams", STREAMS, streams, of_stream, deny) == (set(), True)


@pytest.mark.parametrize(
    ("cut", "expected"),
    [
        (lambda text: text, 1),
        (lambda text: text.upper(), 0),
        (lambda text: text.replace("-", ""), 0),
        (lambda text: text[:20] + "*", None),
        (lambda text: text[:9] + "*", None),
        (lambda text: text[:8] + "x*", 0),
        (lambda text: text + "*", 1),
        (lambda text: text + "0*", 0),
        (lambda text: text[:20], 0),
        (lambda text: text[:4] + "-*", 0),
    ],
)
def test_ids_are_found_as_they_are_written(streams, cut, expected):
    row = streams.order_by("pk")[4]
    target = f"acs:snap:*:*:stream/{cut(str(row.pk))}"
    kept, exact = listed("snap:ListStreams", STREAMS, streams, of_stream, statement(target=target))
    assert exact
    assert row in kept if expected is None else len(kept) == expected


def test_buckets_by_endpoint_and_name(principal):
    for endpoint, name in (("local", "pics"), ("local", "other"), ("oss-cn-x.example.com", "pics")):
        factories.make_bucket(principal, name, endpoint=endpoint)
    rows = Bucket.objects.filter(account=principal.account_id)
    for target, expected in (("local/pics", 1), ("local/*", 2), ("loca*", 2), ("pics", 0)):
        kept, exact = listed(
            "snap:ListBuckets", BUCKETS, rows, of_bucket, statement(target=f"acs:snap:*:*:bucket/{target}")
        )
        assert (len(kept), exact) == (expected, True)


def test_pictures_of_last_week_and_not_of_today(principal):
    job = factories.make_job(principal, stream=factories.make_stream(principal, "door"))
    for days in range(4):
        factories.make_snapshot(job, frame_at=NOON - timedelta(days=days))
    rows = Snapshot.objects.filter(account=principal.account_id)
    past = statement(
        action="ice:ListLiveSnapshotFiles",
        target="acs:ice:*:*:*",
        Condition={
            "DateLessThan": {"snap:MediaTime": "2026-11-20T00:00:00Z"},
            "StringEquals": {"snap:StreamName": "door", "snap:Bucket": job.bucket.name},
        },
    )
    kept, exact = listed("snap:ListSnapshots", SNAPSHOTS, rows, of_snapshot, past)
    assert sorted((NOON - row.frame_at).days for row in kept) == [1, 2, 3]
    assert exact


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
    rows: QuerySet[Model] = streams.filter(found.rows)
    assert (found.exact, found.nothing) == (False, False)
    assert {"door", "roof"} <= {row.name for row in rows}


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
