"""What captures write: pictures published in one transaction with their ledger rows, and counts of the rest.

A picture is published only for the run of its job and the epoch of its stream that it was taken in: a job
that was stopped, restarted or deleted meanwhile refuses it, and so does a stream that somebody took over.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from jobs.capture import STREAM_OFFLINE, Capture, Counts, JobRun
from jobs.models import QUALITY_FLAGS, Job, SkipCount, Snapshot
from snapplatform.errors import InvalidValue, NameTaken
from snapplatform.storage import ledger, names
from snapplatform.storage.models import Garbage
from snapplatform.storage.retention import expiry
from snapplatform.storage.store import Blob
from snapplatform.streams.models import Stream

CONTENT_TYPES = {"jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
NOT_STARTED = "job not started"
NAME_TAKEN = "name taken"
STALE_EPOCH = "stream taken over"
_COLUMNS = (
    *("run", "sequence", "last_timestamp", "captured", "late", "expected", "skipped", "last_captured_at"),
    *("account", "account__time_zone", "bucket", "bucket__retention_days", "retention_days"),
    *("template", "template__sequence_format", "template__overwrite_format", "stream", "stream__epoch"),
)


def publish(captures: Sequence[Capture], counts: Mapping[JobRun, Counts]) -> tuple[list[str], list[Garbage]]:
    """Publish pictures in one transaction: a reason for each that was refused, "" for each published.

    `counts` of the same jobs are added in the same statements. Also returns the garbage rows made (bytes of
    refused or replaced pictures), to be collected after the commit.
    """
    garbage: list[Garbage] = []
    reasons = []
    left = dict(counts)
    with transaction.atomic():
        jobs = _lock_jobs({capture.job_id for capture in captures})
        for capture in captures:
            added = left.pop((capture.job_id, capture.run), Counts())
            job = jobs.get(capture.job_id)
            if reason := _refusal(capture, job):
                ledger.discard(capture.bucket_id, capture.blobs, garbage)
                _count(capture.job_id, capture.run, added.plus(reason))
            elif job is not None:
                reason = _publish_one(capture, job, added, garbage)
            reasons.append(reason)
    return reasons, garbage


def count(counts: Mapping[JobRun, Counts]) -> None:
    """Add ticks and skips to the jobs that are still in these runs."""
    with transaction.atomic():
        for (job_id, run), added in counts.items():
            _count(job_id, run, added)


def set_waiting(stream_id: UUID, waiting: str) -> int:
    """Say of a stream's started jobs what they wait for; "" when pictures can be taken."""
    started = Job.objects.filter(stream=stream_id, status=Job.Status.STARTED).exclude(waiting=waiting)
    return started.update(waiting=waiting[:64])


def say_offline() -> int:
    """Mark the started jobs of streams that nobody publishes as waiting; returns how many were not yet.

    Nodes say so themselves; this is for streams whose node died.
    """
    lost = Job.objects.filter(status=Job.Status.STARTED, stream__state=Stream.State.OFFLINE)
    return lost.exclude(waiting=STREAM_OFFLINE).update(waiting=STREAM_OFFLINE)


def _count(job_id: UUID, run: int, counts: Counts) -> None:
    changed = Job.objects.filter(pk=job_id, run=run).update(
        expected=F("expected") + counts.expected, skipped=F("skipped") + counts.skips
    )
    if changed:
        _add_skips(job_id, counts)


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
    Job.objects.filter(pk=job.pk).update(**changes, waiting="")
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
    key = names.expand(job.template.sequence_format, _values(job, timestamp))
    stored = ledger.register(**_ledger_facts(capture, blob, job, key), garbage=garbage)
    Snapshot.objects.create(job=job, object=stored, **_facts(capture, job, timestamp))


def _publish_overwrite(
    capture: Capture, blob: Blob, job: Job, timestamp: int, garbage: list[Garbage]
) -> None:
    key = names.expand(job.template.overwrite_format, _values(job, timestamp))
    before = Snapshot.objects.filter(job=job, is_overlay=True).values_list("pk", "object__key").first()
    if before is None or before[1] != key:
        _refuse_anothers(job, key)
    stored = ledger.overwrite(**_ledger_facts(capture, blob, job, key), garbage=garbage)
    facts = {"object": stored, **_facts(capture, job, timestamp)}
    if before is None or not Snapshot.objects.filter(pk=before[0]).update(**facts):
        Snapshot.objects.create(job=job, is_overlay=True, **facts)


def _refuse_anothers(job: Job, key: str) -> None:
    """Raise NameTaken when the name holds another job's pictures: it would show that one's camera as ours."""
    others = Snapshot.objects.filter(object__bucket=job.bucket_id, object__key=key).exclude(job=job)
    if others.exists():
        raise NameTaken(key)


def _ledger_facts(capture: Capture, blob: Blob, job: Job, key: str) -> dict[str, Any]:
    return {
        "account_id": job.account_id,
        "bucket_id": capture.bucket_id,
        "key": key,
        "blob": blob,
        "content_type": CONTENT_TYPES[capture.image_format],
        "expires_at": expiry(capture.stored_at, job.retention_days, job.bucket),
        "at": capture.stored_at,
    }


def _facts(capture: Capture, job: Job, timestamp: int) -> dict[str, Any]:
    flags = {name: name in capture.flags for name in QUALITY_FLAGS}
    return {
        "account_id": job.account_id,
        "stream_id": capture.stream_id,
        "sequence": job.sequence + 1,
        "timestamp": timestamp,
        "frame_at": capture.frame_at,
        "media_time_ms": capture.media_time_ms,
        "clock_offset_ms": capture.clock_offset_ms,
        "stored_at": capture.stored_at,
        "lag_ms": _milliseconds(capture.stored_at - capture.tick_at),
        "age_ms": max(0, _milliseconds(capture.tick_at - capture.frame_at)),
        "width": capture.width,
        "height": capture.height,
        "luma": capture.luma,
        **flags,
    }


def _values(job: Job, timestamp: int) -> dict[str, str]:
    """What the placeholders of names stand for. The date is the account's, of the picture's timestamp."""
    moment = datetime.fromtimestamp(timestamp / 1000, UTC).astimezone(ZoneInfo(job.account.time_zone))
    return {
        "JobId": str(job.pk),
        "UnixTimestamp": str(timestamp),
        "Sequence": f"{job.sequence + 1:06d}",
        "Date": moment.date().isoformat(),
    }


def _add_skips(job_id: UUID, counts: Counts) -> None:
    for reason, number in counts.skipped.items():
        row = SkipCount.objects.filter(job=job_id, reason=reason[:64])
        if not row.update(count=F("count") + number, last_at=Now()):
            SkipCount.objects.create(job_id=job_id, reason=reason[:64], count=number, last_at=Now())


def _milliseconds(span: timedelta) -> int:
    return round(span / timedelta(milliseconds=1))


def discard(capture: Capture) -> None:
    """Give up a picture that can't be published: its bytes become garbage."""
    ledger.discard(capture.bucket_id, capture.blobs)
