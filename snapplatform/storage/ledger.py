"""The ledger: which key of a bucket is which blob. Everything here runs inside the caller's transaction and
touches rows only; files go after it, by garbage.py.

Rows are written after their bytes are safe, and a file that loses its row gets a Garbage row in the same
transaction, so that no crash makes a row without bytes, or bytes that nobody remembers.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from snapplatform.errors import NameTaken
from snapplatform.storage.garbage import collect, collect_garbage
from snapplatform.storage.models import Garbage, StoredObject
from snapplatform.storage.store import Blob

__all__ = ["collect", "collect_garbage", "delete_objects", "discard", "overwrite", "register"]

BATCH = 500
_REPLACED = ("blob", "size", "sha256", "content_type", "modified_at", "expires_at")


def register(
    *,
    account_id: int,
    bucket_id: UUID,
    key: str,
    blob: Blob,
    content_type: str,
    expires_at: datetime | None,
    at: datetime,
    garbage: list[Garbage] | None = None,
) -> StoredObject:
    """The object of a name that is used once. Raises NameTaken when the key holds other bytes; then the blob
    is still the caller's to discard(). The same bytes again are the same object, so repeating does no harm.

    `garbage`: a list that takes the Garbage rows made here, for collect() after the commit.
    """
    fresh = _new(account_id, bucket_id, key, blob, content_type, expires_at, at)
    row = _insert(fresh)
    if row.pk == fresh.pk:
        return row
    if row.sha256 != blob.sha256 or row.overwritable:
        raise NameTaken(key)
    if row.blob != blob.blob:
        discard(bucket_id, [blob], garbage)
    return row


def overwrite(
    *,
    account_id: int,
    bucket_id: UUID,
    key: str,
    blob: Blob,
    content_type: str,
    expires_at: datetime | None,
    at: datetime,
    garbage: list[Garbage] | None = None,
) -> StoredObject:
    """The object of a name that always holds the newest bytes: made, or changed in place; its old blob
    becomes garbage. Raises NameTaken when the key was registered as one that never changes. Callers keep the
    order: the last call wins, whatever `at` says.
    """
    fresh = _new(account_id, bucket_id, key, blob, content_type, expires_at, at, overwritable=True)
    row = StoredObject.objects.filter(bucket=bucket_id, key=key).first()
    while True:
        row = row or _insert(fresh)
        if row.pk == fresh.pk or row.blob == blob.blob:
            return row
        if not row.overwritable:
            raise NameTaken(key)
        old = row.blob
        if _replace(row, fresh):
            _throw(bucket_id, [old], garbage)
            return row
        row = None  # changed or deleted in this moment; look again


def discard(bucket_id: UUID, blobs: Iterable[Blob], garbage: list[Garbage] | None = None) -> None:
    """Have blobs deleted that were written but never published, or that nobody names any more."""
    _throw(bucket_id, [blob.blob for blob in blobs], garbage)


def delete_objects(objects: QuerySet[StoredObject] | Iterable[UUID]) -> int:
    """Delete ledger rows and what hangs on them (snapshots) in transactions of 500, in the queryset's order;
    their files follow with the garbage. Returns how many objects are gone."""
    if not isinstance(objects, QuerySet):
        objects = StoredObject.objects.filter(pk__in=list(objects))
    ordered = objects if objects.ordered else objects.order_by("pk")
    total = 0
    while count := delete_batch(ordered):
        total += count
    return total


def delete_batch(objects: QuerySet[StoredObject], size: int = BATCH, *, skip_locked: bool = False) -> int:
    """One transaction of delete_objects(): the first `size` of an ordered queryset."""
    with transaction.atomic():
        # Locked, or an overwrite between the read and the delete would leave its new blob without any row.
        locked = objects.select_for_update(of=("self",), skip_locked=skip_locked)
        rows = {row[0]: row for row in locked.values_list("pk", "bucket_id", "blob")[:size]}
        forget(list(rows), [(bucket, blob) for _, bucket, blob in rows.values()])
    return len(rows)


def forget(ids: list[UUID], waste: Iterable[tuple[UUID, str]]) -> None:
    """Delete locked rows and what hangs on them; `waste`: (bucket, blob) of the files that are to follow."""
    Garbage.objects.bulk_create([Garbage(bucket_id=bucket, blob=blob) for bucket, blob in waste])
    StoredObject.objects.filter(pk__in=ids).delete()


def _insert(fresh: StoredObject) -> StoredObject:
    """Insert unless the key is taken, and return the row that holds it. ON CONFLICT DO NOTHING, because a
    failed INSERT would end the caller's transaction on PostgreSQL."""
    for _ in range(10):
        StoredObject.objects.bulk_create([fresh], ignore_conflicts=True)
        if StoredObject.objects.filter(pk=fresh.pk).exists():
            return fresh
        row = StoredObject.objects.filter(bucket=fresh.bucket_id, key=fresh.key).first()
        if row is not None:
            return row  # else the row in our way was deleted in this moment
    raise RuntimeError(f"no row for {fresh.key!r} could be inserted")


def _replace(row: StoredObject, fresh: StoredObject) -> bool:
    """The conditional UPDATE: it counts only if the row still names the blob we read."""
    values = {name: getattr(fresh, name) for name in _REPLACED}
    if not StoredObject.objects.filter(pk=row.pk, blob=row.blob).update(**values):
        return False
    for name, value in values.items():
        setattr(row, name, value)
    return True


def _throw(bucket_id: UUID, blobs: Iterable[str], garbage: list[Garbage] | None) -> None:
    made = Garbage.objects.bulk_create([Garbage(bucket_id=bucket_id, blob=blob) for blob in blobs])
    if garbage is not None:
        garbage += made


def _new(
    account_id: int,
    bucket_id: UUID,
    key: str,
    blob: Blob,
    content_type: str,
    expires_at: datetime | None,
    at: datetime,
    **fields: Any,
) -> StoredObject:
    return StoredObject(
        account_id=account_id,
        bucket_id=bucket_id,
        key=key,
        blob=blob.blob,
        size=blob.size,
        sha256=blob.sha256,
        content_type=content_type,
        created_at=at,
        modified_at=at,
        expires_at=expires_at,
        **fields,
    )
