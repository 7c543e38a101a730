"""Deleting on time: when an object ends, the sweeps that end it, and the duties that run them."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings

from snapplatform import clock
from snapplatform.cluster.duties import DutySpec
from snapplatform.cluster.models import Duty
from snapplatform.errors import StorageUnavailable
from snapplatform.storage import ledger
from snapplatform.storage.buckets import Store, store_of
from snapplatform.storage.models import Bucket, StoredObject

log = logging.getLogger("snapplatform.storage")

# Rows a turn, and seconds a turn, so that no duty holds up the others for long; the next turn goes on.
GARBAGE_A_TURN = 10_000
OBJECTS_A_TURN = 10_000
SECONDS_A_TURN = 5.0
# No write takes this long, so a temporary file as old as this belongs to a process that died.
DEAD_AFTER = timedelta(hours=1)
TEMPORARY_FILES = "temporary files"


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
    DutySpec("empty folders", timedelta(minutes=10), _empty_folders),
]
