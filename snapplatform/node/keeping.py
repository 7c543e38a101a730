"""Where a picture's bytes go: into its bucket, or into the spool while bucket or database don't take it."""

import asyncio
import hashlib
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from django.db import DatabaseError

from jobs import sidecar
from jobs.capture import Capture
from jobs.spec import JobSpec
from snapplatform.errors import BucketNotFound, StorageUnavailable
from snapplatform.node import metrics
from snapplatform.node.threads import DiskThreads
from snapplatform.node.writer import Writer
from snapplatform.node.writing import SUFFIXES, Stores, write
from snapplatform.storage.buckets import Store
from snapplatform.storage.spool import Spool, SpoolFull
from snapplatform.storage.store import Blob

log = logging.getLogger("snapplatform.node")

SPOOL_FULL = "spool full"
NO_SPOOL = "spool not available"
NO_STORAGE = "storage not available"
# The first picture of a bucket needs its row; a database that doesn't answer must not hold the picture up.
ROW_SECONDS = 3.0

Describe = Callable[[Sequence[Blob]], Capture]


class NotKept(Exception):
    """The picture could be put nowhere. `reason` is the skip's."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class _Stored:
    """In the bucket, and noted in the journal (0: that was not possible)."""

    capture: Capture
    number: int
    store: Store


class Keeper:
    """Keeps the order of each job's pictures: what the writer has is older than what is spooled."""

    def __init__(self, stores: Stores, writer: Writer, spool: Spool, disk: DiskThreads) -> None:
        self._stores = stores
        self._writer = writer
        self._spool = spool
        self._disk = disk
        self._spool_threads = DiskThreads(2)  # of its own: a bucket's disk that hangs must not hold it up

    def full(self, spec: JobSpec) -> bool:
        """Whether a picture of the job would have to wait in the spool, and that takes no more."""
        return self._must_wait(spec) and self._spool.full

    async def keep(
        self, spec: JobSpec, data: bytes, describe: Describe, before: "asyncio.Task[None] | None"
    ) -> Capture:
        """Put the bytes somewhere safe and hand them on, after the picture of `before`. `describe` makes the
        capture of the blobs, in a disk thread, as soon as they are safe. Raises NotKept."""
        stored = None if self._must_wait(spec) else await self._store(spec, data, describe)
        if before is not None:
            await asyncio.wait({before})
        if stored is not None and not self._spool.holds(spec.bucket_id, spec.id):
            self._writer.put(stored.capture, partial(self._settle, stored.number))
            return stored.capture
        try:  # also when the one before went into the spool while this one got through
            return await self._spool_threads.run(self._wait, spec, data, describe)
        except SpoolFull:
            raise NotKept(SPOOL_FULL) from None
        except StorageUnavailable as error:
            log.warning("the spool does not take a picture of job %s: %s", spec.id, error)
            raise NotKept(NO_SPOOL) from error
        finally:
            if stored is not None:
                await self._disk.run(self._take_back, stored)

    def close(self) -> None:
        self._spool_threads.close()

    def _must_wait(self, spec: JobSpec) -> bool:
        return self._writer.behind or self._spool.holds(spec.bucket_id, spec.id)

    async def _store(self, spec: JobSpec, data: bytes, describe: Describe) -> _Stored | None:
        """None: not now."""
        try:
            async with asyncio.timeout(ROW_SECONDS):
                store = await self._stores.of(spec.bucket_id)
            return await self._disk.run(self._write, store, spec, data, describe)
        except (BucketNotFound, StorageUnavailable) as error:
            log.warning("the bucket of job %s: %s", spec.id, error)
            if isinstance(error, BucketNotFound) or not error.temporary:
                raise NotKept(NO_STORAGE) from error
        except (DatabaseError, TimeoutError) as error:
            log.warning("the bucket of job %s can't be looked up: %s", spec.id, error)
        return None

    def _write(self, store: Store, spec: JobSpec, data: bytes, describe: Describe) -> _Stored:
        capture = describe(write(store, data, spec.image_format, _copies(spec)))
        number = 0
        try:
            number = self._spool.note(sidecar.dump(capture))
        except StorageUnavailable as error:
            log.warning("a picture of job %s is not safe from this process's death: %s", spec.id, error)
        return _Stored(capture, number, store)

    def _wait(self, spec: JobSpec, data: bytes, describe: Describe) -> Capture:
        blob = Blob("", len(data), hashlib.sha256(data).hexdigest())
        made: list[Capture] = []

        def describe_once() -> dict[str, object]:
            made.append(describe([blob] * _copies(spec)))
            return sidecar.dump(made[0])

        self._spool.add(spec.bucket_id, spec.id, data, SUFFIXES[spec.image_format], describe_once)
        metrics.SPOOLED.inc()
        return made[0]

    def _settle(self, number: int, reason: str) -> None:
        if number:
            self._spool.settle(number)

    def _take_back(self, stored: _Stored) -> None:
        """The spool has the picture now, so what the bucket got is nobody's."""
        self._settle(stored.number, "")
        for blob in stored.capture.blobs:
            with suppress(StorageUnavailable):
                stored.store.unlink(blob.blob)


def _copies(spec: JobSpec) -> int:
    return int(spec.sequence) + int(spec.overwrite)
