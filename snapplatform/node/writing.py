"""Putting a picture's bytes into its bucket, in the disk threads."""

from uuid import UUID

from snapplatform.errors import StorageUnavailable
from snapplatform.node.threads import DatabaseThread, DiskThreads
from snapplatform.storage.buckets import Store, store_of
from snapplatform.storage.models import Bucket
from snapplatform.storage.store import Blob

SUFFIXES = {"jpeg": ".jpg", "png": ".png", "webp": ".webp"}


class BucketWriting:
    """Knows the stores of the buckets it was asked for. Implements runner.Writing."""

    def __init__(self, database: DatabaseThread, disk: DiskThreads) -> None:
        self._database = database
        self._disk = disk
        self._stores: dict[UUID, Store] = {}

    async def __call__(self, bucket_id: UUID, data: bytes, image_format: str, copies: int) -> list[Blob]:
        """Write `data` under `copies` names. Raises StorageUnavailable."""
        store = self._stores.get(bucket_id)
        if store is None:
            store = self._stores[bucket_id] = store_of(await self._bucket(bucket_id))
        return await self._disk.run(store.write_many, [(data, SUFFIXES[image_format])] * copies)

    async def _bucket(self, bucket_id: UUID) -> Bucket:
        bucket = await self._database.run(Bucket.objects.filter(pk=bucket_id).first)
        if bucket is None:
            raise StorageUnavailable("the bucket is gone", temporary=False)
        return bucket
