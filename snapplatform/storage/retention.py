"""Deleting on time: when an object ends, the sweeps that end it, and the duties that run them."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import chain

from django.conf import settings

from snapplatform import clock
from snapplatform.cluster.duties import DutySpec
from snapplatform.cluster.models import Duty
from snapplatform.errors import StorageUnavailable
from snapplatform.storage import ledger
from snapplatform.storage.buckets import Store, store_of
from snapplatform.storage.checking import GRACE, Options, check_storage
from snapplatform.storage.findings import Kind
from snapplatform.storage.models import Bucket, StoredObject
from snapplatform.storage.survey import DEAD_AFTER

log = logging.getLogger("snapplatform.storage")

# Rows a turn, and seconds a turn, so that no duty holds up the others for long; the next turn goes on.
GARBAGE_A_TURN = 10_000
OBJECTS_A_TURN = 10_000
SECONDS_A_TURN = 5.0
TEMPORARY_FILES = "temporary files"
ORPHANED_FILES = "orphaned files"
# What may lie behind when the worker was away; older orphans are left to `check_storage`.
ORPHANS_WITHIN = timedelta(days=1)


def expiry(at: datetime, job_days: int | None, bucket: Bucket) -> datetime:
    """When what is stored at `at` ends: after the job's days, else the bucket's, else SNAP_RETENTION_DAYS."""
    days = job_days or bucket.retention_days or settings.SNAP.retention_days
    return at + timedelta(days=days)


def sweep_expired(limit: int, seconds: float) -> int:
    """Delete objects whose time is over, oldest first, until `limit` objects or `seconds` are used up.

    Rows go to the garbage here; collect_garbage() then deletes the bytes, then the garbage rows.
    """
    end = clock.monotonic() + seconds
    total = 0
    while total < limit and clock.monotonic() < end:
        expired = StoredObject.objects.filter(expires_at__lte=clock.now()).order_by("expires_at")
        # A locked row is being overwritten in this moment, which also moves its end: waiting would risk a
        # deadlock with the writer, whose rows come in another order.
        count = ledger.delete_batch(expired, min(ledger.BATCH, limit - total), skip_locked=True)
        if not count:
            break
        total += count
    return total


def sweep_temporary_files() -> int:
    """Delete what writers left when they died, in the shards of the time since this was last done."""
    last = Duty.objects.filter(name=TEMPORARY_FILES).values_list("last_finished_at", flat=True).first()
    since = last - 2 * DEAD_AFTER if last else None
    return _each_bucket(lambda store: store.sweep_temp(DEAD_AFTER, since=since))


def sweep_orphans() -> str:
    """Put files without a row, written since this was last done, into the garbage; the result in words.

    A crash between a file and its row leaves such a file. Nothing is done to a bucket where too many look so.
    """
    now = clock.now()
    last = Duty.objects.filter(name=ORPHANED_FILES).values_list("last_finished_at", flat=True).first()
    since = max(last - 2 * GRACE if last else now - ORPHANS_WITHIN, now - ORPHANS_WITHIN)
    options = Options(repair=frozenset({Kind.ORPHANED}), since=since, examples=0)
    orphans = others = 0
    unchecked = []
    buckets = Bucket.objects.select_related("account")
    # Bucket by bucket, so that one whose repair is stopped doesn't stop the others for ever.
    for report in chain.from_iterable(check_storage([bucket], options) for bucket in buckets):
        orphans += report.repaired[Kind.ORPHANED]
        others += report.wrong - report.found[Kind.ORPHANED]
        if problem := report.stopped or report.trouble:
            log.warning("bucket %s can't be swept of orphans: %s", report.bucket, problem)
            unchecked.append(str(report.bucket))
    words = [f"{orphans} files put into the garbage"]
    if others:
        words.append(f"{others} objects look damaged")
    if unchecked:
        words.append(f"not done: {', '.join(unchecked)}")
    return "; ".join(words) + ("; run manage.py check_storage" if others or unchecked else "")


def tidy_folders() -> int:
    """Delete shard folders that became empty."""
    return _each_bucket(lambda store: store.tidy())


def _each_bucket(act: Callable[[Store], int]) -> int:
    total = 0
    for bucket in Bucket.objects.all():
        try:
            total += act(store_of(bucket))
        except StorageUnavailable as error:  # one broken disk must not stop the work on the others
            log.warning("bucket %s can't be swept: %s", bucket, error)
    return total


def _retention() -> str:
    return f"{sweep_expired(OBJECTS_A_TURN, SECONDS_A_TURN)} objects expired"


def _garbage() -> str:
    return f"{ledger.collect_garbage(GARBAGE_A_TURN)} files deleted"


def _temporary_files() -> str:
    return f"{sweep_temporary_files()} files deleted"


def _empty_folders() -> str:
    return f"{tidy_folders()} folders deleted"


DUTIES: list[DutySpec] = [
    DutySpec("retention", timedelta(seconds=10), _retention),
    DutySpec("garbage", timedelta(seconds=10), _garbage),
    DutySpec(TEMPORARY_FILES, timedelta(hours=1), _temporary_files),
    DutySpec(ORPHANED_FILES, timedelta(hours=1), sweep_orphans),
    DutySpec("empty folders", timedelta(minutes=10), _empty_folders),
]
