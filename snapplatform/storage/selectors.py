"""Reading side of storage."""

from django.db.models import QuerySet

from snapplatform.access.permissions import require
from snapplatform.access.principal import Principal
from snapplatform.errors import BucketNotFound
from snapplatform.ids import parse_id
from snapplatform.storage.models import Bucket


def list_buckets(*, principal: Principal) -> QuerySet[Bucket]:
    require(principal, "snap:ListBuckets", "bucket")
    return Bucket.objects.filter(account=principal.account_id)


def get_bucket(*, principal: Principal, bucket_id: object) -> Bucket:
    require(principal, "snap:GetBucket", "bucket", bucket_id)
    bucket = Bucket.objects.filter(pk=parse_id(bucket_id), account=principal.account_id).first()
    if bucket is None:
        raise BucketNotFound(id=str(bucket_id))
    return bucket


def find_bucket(*, principal: Principal, endpoint: str, name: str) -> Bucket:
    """The account's bucket under these labels. Raises BucketNotFound."""
    require(principal, "snap:GetBucket", "bucket", f"{endpoint}/{name}")
    bucket = Bucket.objects.filter(account=principal.account_id, endpoint=endpoint, name=name).first()
    if bucket is None:
        raise BucketNotFound(id=f"{endpoint}/{name}")
    return bucket
