"""Puts what waited into its bucket and hands it to the writer, oldest first; the spool hears how it went."""

import asyncio
import logging
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from typing import Any

from jobs import sidecar
from jobs.capture import Capture
from snapplatform.errors import BlobNotFound, BucketNotFound, StorageUnavailable
from snapplatform.node import metrics
from snapplatform.node.threads import DiskThreads
from snapplatform.node.writer import Writer
from snapplatform.node.writing import Stores, write
from snapplatform.storage.buckets import Store
from snapplatform.storage.spool import Spool
from snapplatform.storage.spool_lane import Damaged, Lane

log = logging.getLogger("snapplatform.node")

BATCH = 64  # as many as the writer publishes at once
GONE = "its bucket is gone"
DAMAGED = "damaged"


@dataclass(frozen=True, slots=True)
class _Placed:
    """An entry whose bytes are in its bucket again; or, without a capture, why they never will be."""

    number: int
    suffix: str = ""
    capture: Capture | None = None
    reason: str = ""


class Returning:
    """Each call ends when the writer has settled everything; it may take as long as an outage."""

    def __init__(self, spool: Spool, stores: Stores, writer: Writer, threads: DiskThreads) -> None:
        self._spool = spool
        self._stores = stores
        self._writer = writer
        self._threads = threads

    async def batch(self, lane: Lane) -> bool:
        """Register the oldest entries of a lane. False: the bucket does not take them now."""
        numbers = await self._threads.run(lane.waiting, BATCH)
        placed = await self._place_all(lane, numbers)
        reasons = await asyncio.gather(*(self._publish(one.capture, one.reason) for one in placed))
        await self._threads.run(self._finish, lane, placed, reasons)
        return 0 < len(placed) == len(numbers)

    async def _place_all(self, lane: Lane, numbers: list[int]) -> list[_Placed]:
        """Those before the first that the bucket doesn't take now."""
        try:
            store = await self._stores.of(lane.bucket_id)
        except BucketNotFound:
            return [_Placed(number, reason=GONE) for number in numbers]
        tries = await asyncio.gather(*(self._threads.run(_place, store, lane, item) for item in numbers))
        placed = [one for one in takewhile(lambda one: one is not None, tries) if one is not None]
        for one in tries[len(placed) :]:  # it keeps its place in the order, so it is put there once more
            if one is not None and one.capture is not None:
                await self._threads.run(_take_back, store, one.capture)
        return placed

    async def journal(self, items: list[Any]) -> bool:
        """Register what a dead process had in its buckets. What is damaged or gone is logged and counted."""
        captures = [capture for item in items if (capture := _read(item)) is not None]
        # Disk threads write the lines, and not in the pictures' order.
        captures.sort(key=lambda capture: capture.order)
        there = await asyncio.gather(*(self._is_there(capture) for capture in captures))
        await asyncio.gather(
            *(self._publish(capture) for capture, found in zip(captures, there, strict=True) if found)
        )
        return True

    async def _publish(self, capture: Capture | None, reason: str = "") -> str:
        """ "" or why it was refused."""
        if capture is None:
            return reason
        outcome: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._writer.put(capture, partial(_tell, outcome))
        return await outcome

    async def _is_there(self, capture: Capture) -> bool:
        """A row must never name a file that is gone."""
        try:
            store = await self._stores.of(capture.bucket_id)
            await self._threads.run(_look, store, capture)
        except (BucketNotFound, BlobNotFound):
            log.error("a picture of job %s is gone from its bucket, with its process", capture.job_id)
            metrics.SPOOL_REFUSED.labels(reason=GONE).inc()
            return False
        return True

    def _finish(self, lane: Lane, placed: list[_Placed], reasons: list[str]) -> None:
        for one, reason in zip(placed, reasons, strict=True):
            job_id = one.capture.job_id if one.capture else None
            if reason:
                metrics.SPOOL_REFUSED.labels(reason=reason.split(":")[0]).inc()
                self._spool.set_aside(lane, one.number, reason, job_id)
            else:
                metrics.SPOOL_REGISTERED.inc()
                lane.remove(one.number, job_id, suffix=one.suffix)


def _place(store: Store, lane: Lane, number: int) -> _Placed | None:
    """None: not now."""
    try:
        entry = lane.get(number)
        capture = sidecar.load(entry.item)
        blobs = write(store, entry.data, capture.image_format, len(capture.blobs))
        return _Placed(number, entry.suffix, capture.placed(blobs))
    except (Damaged, ValueError, KeyError) as error:
        return _Placed(number, reason=f"{DAMAGED}: {error}")
    except StorageUnavailable as error:
        log.warning("what waits for bucket %s goes on waiting: %s", lane.bucket_id, error)
        return None


def _read(item: object) -> Capture | None:
    try:
        return sidecar.load(item)
    except ValueError as error:
        log.error("a line of a dead process's journal is left out: %s", error)
        metrics.SPOOL_REFUSED.labels(reason=DAMAGED).inc()
        return None


def _look(store: Store, capture: Capture) -> None:
    for blob in capture.blobs:
        store.open(blob.blob).close()


def _take_back(store: Store, capture: Capture) -> None:
    for blob in capture.blobs:
        store.unlink(blob.blob)


def _tell(outcome: "asyncio.Future[str]", reason: str) -> None:
    if not outcome.done():
        outcome.set_result(reason)
