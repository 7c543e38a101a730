"""Which streams jobs want, and how often: for nodes that open sources only while somebody wants them."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Exists, OuterRef

from jobs.models import Job
from snapplatform.access.models import Account


def wanted() -> Exists:
    """For a query of streams: those that a started job is on."""
    return Exists(Job.objects.filter(stream=OuterRef("pk"), status=Job.Status.STARTED))


def seconds_between(stream_ids: Collection[UUID]) -> dict[UUID, float]:
    """For each of these streams that a started job is on: the mean time between two pictures of all its jobs
    together, in seconds."""
    rows = Job.objects.filter(
        stream__in=stream_ids, status=Job.Status.STARTED, account__status=Account.Status.ACTIVE
    ).values_list("stream", "template__interval_ms")
    rates: dict[UUID, float] = {}
    for stream_id, interval_ms in rows:
        rates[stream_id] = rates.get(stream_id, 0.0) + 1000 / interval_ms
    return {stream_id: 1 / rate for stream_id, rate in rates.items()}
