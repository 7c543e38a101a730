"""What captures write: pictures published in one transaction with their ledger rows, and counts of the rest.

A picture is published only for the run of its job and the epoch of its stream that it was taken in: a job
that was stopped, restarted or deleted meanwhile refuses it, and so does a stream that somebody took over.
And it is published once, in its order: the job's row remembers the last one.
"""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from jobs import placing
from jobs.capture import Capture, Counts, JobRun
from jobs.models import Job, SkipCount
from snapplatform.ids import NOBODY
from snapplatform.storage import ledger
from snapplatform.storage.models import Garbage, StoredObject

NOT_STARTED = "job not started"
STALE_EPOCH = "stream taken over"
_COLUMNS = (
    *("run", "sequence", "last_timestamp", "captured", "late", "expected", "skipped", "last_captured_at"),
    *("last_epoch", "last_order"),
    *("account", "account__time_zone", "bucket", "bucket__retention_days", "retention_days"),
    *("template", "template__sequence_format", "template__overwrite_format", "stream", "stream__epoch"),
)


def publish(
    captures: Sequence[Capture], counts: Mapping[JobRun, Counts], *, again: bool = False
) -> tuple[list[str], list[Garbage]]:
    """Publish pictures in one transaction: a reason for each that was refused, "" for each published.

    `counts` of the same jobs are added in the same statements. Also returns the garbage rows made (bytes of
    refused or replaced pictures), to be collected after the commit. Publishing one again changes nothing.
    `again`: an earlier call with the same captures and counts broke off, and may have been committed all the
    same; then what it counted is not counted twice.
    """
    garbage: list[Garbage] = []
    reasons = []
    left = dict(counts)
    with transaction.atomic():
        jobs = _lock_jobs({capture.job_id for capture in captures})
        counted = again and any(_is_done(capture, jobs.get(capture.job_id)) for capture in captures)
        for capture in captures:
            added = Counts() if counted else left.pop((capture.job_id, capture.run), Counts())
            job = jobs.get(capture.job_id)
            if _is_done(capture, job):
                reason = ""
                _discard_unnamed(capture, garbage)
                _count(capture.job_id, added, job)
            elif reason := _refusal(capture, job):
                _discard_unnamed(capture, garbage)
                if not counted:
                    _count(capture.job_id, added.plus(reason), job)
            elif job is not None:
                reason = _publish_one(capture, job, added, garbage)
            reasons.append(reason)
    return reasons, garbage


def count(counts: Mapping[JobRun, Counts]) -> None:
    """Add skips to these jobs."""
    with transaction.atomic():
        for (job_id, _), added in counts.items():
            _count(job_id, added)


def give_up(capture: Capture, reason: str) -> None:
    """A picture that can't be registered: its bytes become garbage, and its tick is counted as skipped."""
    with transaction.atomic():
        ledger.discard(capture.bucket_id, capture.blobs)
        _count(capture.job_id, Counts().plus(reason))


def works() -> bool:
    """Whether the database takes writes now: then what it refused is the data's fault. Raises its errors."""
    return Job.objects.filter(pk=NOBODY).update(waiting="") == 0


def _count(job_id: UUID, counts: Counts, locked: Job | None = None) -> None:
    """Totals of the job, whatever run it is in now; also in the row that was read for this transaction."""
    if not counts.skips:
        return
    changed = Job.objects.filter(pk=job_id).update(
        expected=F("expected") + counts.skips, skipped=F("skipped") + counts.skips
    )
    if changed:
        _add_skips(job_id, counts)
    if locked is not None:
        locked.expected += counts.skips
        locked.skipped += counts.skips


def _is_done(capture: Capture, job: Job | None) -> bool:
    """Whether this picture was published before. Pictures of an epoch are published in order, so one that
    is not newer than the last was; nor may it take an overwrite object backwards."""
    return job is not None and job.last_epoch == capture.epoch and capture.order <= job.last_order


def _discard_unnamed(capture: Capture, garbage: list[Garbage]) -> None:
    """The blobs of a picture that needs them not, but for those under which it was published before."""
    blobs = [blob.blob for blob in capture.blobs]
    rows = StoredObject.objects.filter(bucket=capture.bucket_id, blob__in=blobs)
    named = set(rows.values_list("blob", flat=True))
    ledger.discard(capture.bucket_id, [blob for blob in capture.blobs if blob.blob not in named], garbage)


def _publish_one(capture: Capture, job: Job, counts: Counts, garbage: list[Garbage]) -> str:
    # A picture is named by its timestamp within its job, so the two of one tick need one each.
    timestamp = max(int(capture.frame_at.timestamp() * 1000), job.last_timestamp + len(capture.blobs))
    problems = placing.place(capture, job, timestamp, garbage)
    stored = "" in problems
    ticks = 1 + counts.skips
    if reason := max(problems):
        counts = counts.plus(reason)
    # The row is locked, so sums of what was read hold; F() would cost three times the time of the statement.
    changes = {
        "sequence": job.sequence + 1,
        "last_timestamp": timestamp,
        "captured": job.captured + int(stored),
        "late": job.late + int(stored and capture.late),
        "expected": job.expected + ticks,
        "skipped": job.skipped + counts.skips,
        "last_captured_at": capture.frame_at if stored else job.last_captured_at,
        "last_epoch": capture.epoch,
        "last_order": capture.order,
    }
    Job.objects.filter(pk=job.pk).update(**changes)
    for name, value in changes.items():
        setattr(job, name, value)  # for the job's next picture in this batch
    _add_skips(job.pk, counts)
    return reason


def _refusal(capture: Capture, job: Job | None) -> str:
    if job is None or job.run != capture.run:
        return NOT_STARTED
    return STALE_EPOCH if job.stream.epoch != capture.epoch else ""


def _lock_jobs(job_ids: Collection[UUID]) -> dict[UUID, Job]:
    """The started ones of these jobs, with the columns that publishing needs: reading all of four tables, job
    by job, was a third of what a picture costs. In order, so that two nodes can't lock crosswise. Streams are
    locked too: nobody takes one over between the look at its epoch and the commit."""
    rows = (
        Job.objects.select_for_update(of=("self", "stream"), no_key=True)
        .select_related("template", "account", "bucket", "stream")
        .only(*_COLUMNS)
        .filter(pk__in=job_ids, status=Job.Status.STARTED)
        .order_by("pk")
    )
    return {job.pk: job for job in rows}


def _add_skips(job_id: UUID, counts: Counts) -> None:
    for reason, number in counts.skipped.items():
        row = SkipCount.objects.filter(job=job_id, reason=reason[:64])
        if not row.update(count=F("count") + number, last_at=Now()):
            SkipCount.objects.create(job_id=job_id, reason=reason[:64], count=number, last_at=Now())
