"""What captures write: pictures published in one transaction with their ledger rows, and counts of the rest.

A picture is published only for the run of its job and the epoch of its stream that it was taken in: a job
that was stopped, restarted or deleted meanwhile refuses it, and so does a stream that somebody took over.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from jobs import facts
from jobs.capture import Capture, Counts, JobRun
from jobs.models import Job, SkipCount, Snapshot
from snapplatform.errors import InvalidValue, NameTaken
from snapplatform.ids import NOBODY
from snapplatform.storage import ledger, names
from snapplatform.storage.models import Garbage, StoredObject
from snapplatform.storage.store import Blob

NOT_STARTED = "job not started"
NAME_TAKEN = "name taken"
STALE_EPOCH = "stream taken over"
_COLUMNS = (
    *("run", "sequence", "last_timestamp", "captured", "late", "expected", "skipped", "last_captured_at"),
    *("account", "account__time_zone", "bucket", "bucket__retention_days", "retention_days"),
    *("template", "template__sequence_format", "template__overwrite_format", "stream", "stream__epoch"),
)


def publish(
    captures: Sequence[Capture], counts: Mapping[JobRun, Counts], *, again: bool = False
) -> tuple[list[str], list[Garbage]]:
    """Publish pictures in one transaction: a reason for each that was refused, "" for each published.

    `counts` of the same jobs are added in the same statements. Also returns the garbage rows made (bytes of
    refused or replaced pictures), to be collected after the commit. `again`: an earlier call with the same
    captures broke off, and may have been committed all the same; what is there already is left alone.
    """
    garbage: list[Garbage] = []
    reasons = []
    left = dict(counts)
    with transaction.atomic():
        jobs = _lock_jobs({capture.job_id for capture in captures})
        done = _published(captures) if again else set()
        for capture in captures:
            added = left.pop((capture.job_id, capture.run), Counts())
            job = jobs.get(capture.job_id)
            if done & {blob.blob for blob in capture.blobs}:
                reason = ""
            elif reason := _refusal(capture, job):
                ledger.discard(capture.bucket_id, capture.blobs, garbage)
                _count(capture.job_id, added.plus(reason))
            elif job is not None:
                reason = _publish_one(capture, job, added, garbage)
            reasons.append(reason)
    return reasons, garbage


def count(counts: Mapping[JobRun, Counts]) -> None:
    """Add ticks and skips to these jobs."""
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


def _count(job_id: UUID, counts: Counts) -> None:
    """Totals of the job, whatever run it is in now."""
    changed = Job.objects.filter(pk=job_id).update(
        expected=F("expected") + counts.expected, skipped=F("skipped") + counts.skips
    )
    if changed:
        _add_skips(job_id, counts)


def _published(captures: Sequence[Capture]) -> set[str]:
    blobs = [blob.blob for capture in captures for blob in capture.blobs]
    buckets = {capture.bucket_id for capture in captures}
    found = StoredObject.objects.filter(bucket__in=buckets, blob__in=blobs)
    return set(found.values_list("blob", flat=True))


def _publish_one(capture: Capture, job: Job, counts: Counts, garbage: list[Garbage]) -> str:
    # A picture is named by its timestamp within its job, so the two of one tick need one each; the overwrite
    # object gets the earlier, and the picture that stays is the newest of its job.
    timestamp = max(int(capture.frame_at.timestamp() * 1000), job.last_timestamp + len(capture.blobs))
    problems = []
    if capture.sequence is not None:
        problems.append(_attempt(_publish_sequence, capture, capture.sequence, job, timestamp, garbage))
    if capture.overwrite is not None:
        own = timestamp - int(capture.sequence is not None)
        problems.append(_attempt(_publish_overwrite, capture, capture.overwrite, job, own, garbage))
    stored = "" in problems
    if reason := max(problems):
        counts = counts.plus(reason)
    # The row is locked, so sums of what was read hold; F() would cost three times the time of the statement.
    changes = {
        "sequence": job.sequence + 1,
        "last_timestamp": timestamp,
        "captured": job.captured + int(stored),
        "late": job.late + int(stored and capture.late),
        "expected": job.expected + counts.expected,
        "skipped": job.skipped + counts.skips,
        "last_captured_at": capture.frame_at if stored else job.last_captured_at,
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


_Publisher = Callable[[Capture, Blob, Job, int, list[Garbage]], None]


def _attempt(
    publisher: _Publisher, capture: Capture, blob: Blob, job: Job, timestamp: int, garbage: list[Garbage]
) -> str:
    """Why the name could not be used, or ""; then the blob is garbage."""
    try:
        publisher(capture, blob, job, timestamp, garbage)
    except NameTaken:
        reason = NAME_TAKEN
    except InvalidValue as error:
        reason = f"bad name: {error}"
    else:
        return ""
    ledger.discard(capture.bucket_id, [blob], garbage)
    return reason


def _publish_sequence(capture: Capture, blob: Blob, job: Job, timestamp: int, garbage: list[Garbage]) -> None:
    key = names.expand(job.template.sequence_format, facts.of_name(job, timestamp))
    stored = ledger.register(**facts.of_object(capture, blob, job, key), garbage=garbage)
    if stored.blob != blob.blob:
        raise NameTaken(key)  # by the same bytes, but of another picture: each has an object of its own
    Snapshot.objects.create(job=job, object=stored, **facts.of_snapshot(capture, job, timestamp))


def _publish_overwrite(
    capture: Capture, blob: Blob, job: Job, timestamp: int, garbage: list[Garbage]
) -> None:
    key = names.expand(job.template.overwrite_format, facts.of_name(job, timestamp))
    own = Snapshot.objects.filter(job=job, is_overlay=True)
    before = own.values_list("object", "object__key").first()
    if before is None or before[1] != key:
        _refuse_anothers(job, key)
    stored = ledger.overwrite(**facts.of_object(capture, blob, job, key), garbage=garbage)
    row = {"object": stored, **facts.of_snapshot(capture, job, timestamp)}
    if before is None:
        Snapshot.objects.create(job=job, is_overlay=True, **row)
        return
    own.update(**row)
    if before[1] != key:
        ledger.delete_objects([before[0]])  # the template has another name now: nobody would look there again


def _refuse_anothers(job: Job, key: str) -> None:
    """Raise NameTaken when the name holds another job's pictures: it would show that one's camera as ours."""
    others = Snapshot.objects.filter(object__bucket=job.bucket_id, object__key=key).exclude(job=job)
    if others.exists():
        raise NameTaken(key)


def _add_skips(job_id: UUID, counts: Counts) -> None:
    for reason, number in counts.skipped.items():
        row = SkipCount.objects.filter(job=job_id, reason=reason[:64])
        if not row.update(count=F("count") + number, last_at=Now()):
            SkipCount.objects.create(job_id=job_id, reason=reason[:64], count=number, last_at=Now())
