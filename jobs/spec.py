"""What a capture node knows of a job: read in one query, compared at every look."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from jobs.models import Job
from snapplatform.access.models import Account


@dataclass(frozen=True, slots=True)
class JobSpec:
    """A started job with all that taking its pictures needs. Two specs are equal when nothing changed."""

    id: UUID
    account_id: int
    stream_id: UUID
    bucket_id: UUID
    run: int
    interval_ms: int
    capture: str
    image_format: str
    quality: int
    width: int | None
    height: int | None
    overwrite: bool
    sequence: bool
    aligned: bool
    skip_flags: frozenset[str]
    waiting: str


def started_jobs(stream_ids: Collection[UUID]) -> dict[UUID, JobSpec]:
    """The started jobs of these streams."""
    rows = Job.objects.filter(
        stream__in=stream_ids, status=Job.Status.STARTED, account__status=Account.Status.ACTIVE
    ).values_list(
        "id",
        "account_id",
        "stream_id",
        "bucket_id",
        "run",
        "template__interval_ms",
        "template__capture",
        "template__image_format",
        "template__quality",
        "template__width",
        "template__height",
        "template__overwrite_format",
        "template__sequence_format",
        "aligned",
        "skip_flags",
        "waiting",
    )
    return {
        row[0]: JobSpec(*row[:11], bool(row[11]), bool(row[12]), row[13], frozenset(row[14]), row[15])
        for row in rows
    }
