"""Listing real rows under policies, each time compared with what evaluate() says of every row."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import QuerySet, Value
from django.db.models.functions import Concat

from jobs.models import Snapshot
from snapplatform.access.policies.columns import Columns
from snapplatform.access.policies.evaluation import Request, evaluate
from snapplatform.access.policies.listing import scope
from snapplatform.access.policies.values import Value as Said
from snapplatform.access.policies.values import address
from snapplatform.access.resources import Resource, bucket_name, resource
from snapplatform.storage.models import Bucket
from snapplatform.streams.models import Stream
from tests.unit.access.documents import NOON, action, attached

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
