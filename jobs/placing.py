"""Gives a published picture its names: the rows of its sequence and its overwrite object."""

from collections.abc import Callable

from jobs import facts
from jobs.capture import Capture
from jobs.models import Job, Snapshot
from snapplatform.errors import InvalidValue, NameTaken
from snapplatform.storage import ledger, names
from snapplatform.storage.models import Garbage
from snapplatform.storage.store import Blob

NAME_TAKEN = "name taken"


def place(capture: Capture, job: Job, timestamp: int, garbage: list[Garbage]) -> list[str]:
    """Inside the transaction that holds the job's row: for each blob "" or why its name could not be used.

    `timestamp` is the picture's; the overwrite object gets one less where it has both, so that the picture
    that stays is the newest of its job.
    """
    problems = []
    if capture.sequence is not None:
        problems.append(_attempt(_sequence, capture, capture.sequence, job, timestamp, garbage))
    if capture.overwrite is not None:
        own = timestamp - int(capture.sequence is not None)
        problems.append(_attempt(_overwrite, capture, capture.overwrite, job, own, garbage))
    return problems


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


def _sequence(capture: Capture, blob: Blob, job: Job, timestamp: int, garbage: list[Garbage]) -> None:
    key = names.expand(job.template.sequence_format, facts.of_name(job, timestamp))
    stored = ledger.register(**facts.of_object(capture, blob, job, key), garbage=garbage)
    if stored.blob != blob.blob:
        raise NameTaken(key)  # by the same bytes, but of another picture: each has an object of its own
    Snapshot.objects.create(job=job, object=stored, **facts.of_snapshot(capture, job, timestamp))


def _overwrite(capture: Capture, blob: Blob, job: Job, timestamp: int, garbage: list[Garbage]) -> None:
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
