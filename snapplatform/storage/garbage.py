"""Files that lost their row: unlink first, then forget. A crash between repeats a harmless unlink."""

import logging
from collections.abc import Iterable
from uuid import UUID

from snapplatform.errors import StorageUnavailable
from snapplatform.storage.buckets import store_of
from snapplatform.storage.models import Bucket, Garbage

log = logging.getLogger("snapplatform.storage")

BATCH = 500


def collect(rows: Iterable[Garbage]) -> int:
    """Delete these files and rows. Call it after the commit that made the rows, never inside the transaction:
    a rolled-back row would have lost its file. Returns how many are gone; the rest stays for the sweeper.

    Two processes may do the same rows at once: unlinking and deleting twice changes nothing.
    """
    rows = list(rows)
    broken = _unlink(rows)
    done = [row.pk for row in rows if row.bucket_id not in broken]
    if done:
        Garbage.objects.filter(pk__in=done).delete()
    return len(done)


def collect_garbage(limit: int) -> int:
    """Delete up to `limit` files, oldest first. A bucket that fails is left out until the next call."""
    total, broken = 0, set[UUID]()
    while total < limit:
        waiting = Garbage.objects.exclude(bucket__in=broken).order_by("pk")
        rows = list(waiting[: min(BATCH, limit - total)])
        if not rows:
            break
        broken |= _unlink(rows)
        done = [row.pk for row in rows if row.bucket_id not in broken]
        Garbage.objects.filter(pk__in=done).delete()
        total += len(done)
    return total


def _unlink(rows: list[Garbage]) -> set[UUID]:
    """Unlink what can be unlinked; returns the buckets that failed, each tried no further."""
    broken = set[UUID]()
    buckets = Bucket.objects.in_bulk({row.bucket_id for row in rows})
    for row in rows:
        if row.bucket_id in broken:
            continue
        try:
            store_of(buckets[row.bucket_id]).unlink(row.blob)
        except StorageUnavailable as error:
            log.warning("bucket %s keeps its garbage: %s", buckets[row.bucket_id], error)
            broken.add(row.bucket_id)
    return broken
