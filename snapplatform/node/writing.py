"""Putting a picture's bytes into its bucket, in the disk threads."""

from uuid import UUID

from snapplatform.errors import BucketNotFound
from snapplatform.node.threads import DatabaseThread
from snapplatform.storage.buckets import Store, store_of
from snapplatform.storage.models import Bucket
from snapplatform.storage.store import Blob

SUFFIXES = {"jpeg": ".jpg", "png": ".png", "webp": ".webp"}


class Stores:
    """The stores of the buckets that were asked for."""

    def __init__(self, database: DatabaseThread) -> None:
        self._database = database
        self._stores: dict[UUID, Store] = {}

    async def of(self, bucket_id: UUID) -> Store:
        """Raises BucketNotFound, StorageUnavailable, and what the database raises at the first time."""
        store = self._stores.get(bucket_id)
        if store is None:
            bucket = await self._database.run(Bucket.objects.filter(pk=bucket_id).first)
            if bucket is None:
                raise BucketNotFound(id=str(bucket_id))
            store = self._stores[bucket_id] = store_of(bucket)
        return store


def write(store: Store, data: bytes, image_format: str, copies: int) -> list[Blob]:
    """Blocking: `data` under that many names. Raises StorageUnavailable."""
    return store.write_many([(data, SUFFIXES[image_format])] * copies)
