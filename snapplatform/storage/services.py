"""Writing side of buckets."""

from typing import Any

from django.db import IntegrityError, transaction

from snapplatform.access.permissions import require
from snapplatform.access.principal import Principal
from snapplatform.dependants import in_use
from snapplatform.errors import AlreadyExists, BucketNotFound, InUse
from snapplatform.ids import parse_id
from snapplatform.storage import garbage, rules
from snapplatform.storage.models import Bucket, Garbage


def create_bucket(
    *, principal: Principal, name: str, endpoint: str = "local", retention_days: int | None = None
) -> Bucket:
    """A new bucket in the caller's account, kept in a folder of its own in the data directory."""
    require(principal, "snap:CreateBucket", "bucket", f"{endpoint}/{name}")
    fields: dict[str, Any] = {"name": name, "endpoint": endpoint, "retention_days": retention_days}
    rules.examine(fields).raise_any()
    bucket = Bucket(account_id=principal.account_id, **fields)
    try:
        with transaction.atomic():
            bucket.save(force_insert=True)
    except IntegrityError as error:
        raise AlreadyExists("bucket", str(bucket)) from error
    return bucket


def update_bucket(*, principal: Principal, bucket_id: object, **changes: Any) -> Bucket:
    """Change `retention_days`; what is stored already keeps the end it was given."""
    require(principal, "snap:UpdateBucket", "bucket", bucket_id)
    if "retention_days" in changes:
        rules.check_retention(changes["retention_days"])
        rows = Bucket.objects.filter(pk=parse_id(bucket_id), account=principal.account_id)
        if not rows.update(retention_days=changes["retention_days"]):
            raise BucketNotFound(id=str(bucket_id))
    bucket = Bucket.objects.filter(pk=parse_id(bucket_id), account=principal.account_id).first()
    if bucket is None:
        raise BucketNotFound(id=str(bucket_id))
    return bucket


def delete_bucket(*, principal: Principal, bucket_id: object) -> None:
    """Delete an empty bucket that no job writes to. What is stored is never deleted this way."""
    require(principal, "snap:DeleteBucket", "bucket", bucket_id)
    bucket = Bucket.objects.filter(pk=parse_id(bucket_id), account=principal.account_id).first()
    if bucket is None:
        raise BucketNotFound(id=str(bucket_id))
    if problem := why_in_use(bucket):
        raise problem
    garbage.collect(Garbage.objects.filter(bucket=bucket))  # without the bucket nobody could find these files
    try:
        with transaction.atomic():
            bucket.delete()
    except IntegrityError as error:  # ProtectedError is one: a job or picture came, or files couldn't go
        cure = "See the log for why, and try again."
        raise why_in_use(bucket) or InUse(
            "bucket", str(bucket), "files that can't be deleted now", cure=cure
        ) from error


def why_in_use(bucket: Bucket) -> InUse | None:
    """Why the bucket can't be deleted now, if so. Garbage is no reason: it goes with the bucket."""
    return in_use(bucket, str(bucket), but=(Garbage,))
