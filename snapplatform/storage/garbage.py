"""Files that lost their row: unlink first, then forget. A crash between repeats a harmless unlink."""

import logging
from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q

from snapplatform import clock
from snapplatform.errors import StorageUnavailable
from snapplatform.storage.buckets import store_of
from snapplatform.storage.models import Bucket, Garbage, StoredObject

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
        due = Q(look_again_at=None) | Q(look_again_at__lte=clock.now())
        waiting = Garbage.objects.filter(due).exclude(bucket__in=broken).order_by("pk")
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
    named = _named_again([row for row in rows if row.look_again_at])
    for row in rows:
        if row.bucket_id in broken or (row.bucket_id, row.blob) in named:
            continue
        try:
            store_of(buckets[row.bucket_id]).unlink(row.blob)
        except StorageUnavailable as error:
            log.warning("bucket %s keeps its garbage: %s", buckets[row.bucket_id], error)
            broken.add(row.bucket_id)
    return broken


def _named_again(orphans: list[Garbage]) -> set[tuple[UUID, str]]:
    """The second look at files that were found without a row: (bucket, blob) of those that have one now."""
    if not orphans:
        return set()
    rows = StoredObject.objects.filter(
        bucket__in={row.bucket_id for row in orphans}, blob__in=[row.blob for row in orphans]
    )
    named = set(rows.values_list("bucket_id", "blob"))
    if named:
        log.warning("%d files that had no row have one now and are kept", len(named))
    return named
