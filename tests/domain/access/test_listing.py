"""Lists under policies: the database's answer, and row by row where it can't tell, is evaluate()'s answer."""

from datetime import timedelta

import pytest

from jobs.models import Snapshot
from snapplatform.access.policies.columns import Columns
from snapplatform.access.policies.values import Value as Said
from snapplatform.access.resources import Resource
from snapplatform.cluster import nodes
from snapplatform.cluster.models import Node
from snapplatform.storage.models import Bucket
from snapplatform.streams.models import Stream
from tests import factories
from tests.domain.access.listed import (
    BUCKETS,
    NAMES,
    SNAPSHOTS,
    STREAMS,
    listed,
    of_bucket,
    of_snapshot,
    of_stream,
)
from tests.unit.access.documents import NOON, statement

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
