"""The one writer: publishes captured pictures in batches, adds up counts, and collects what was replaced.

A few pictures wait here while the database is away; `behind` then tells the keeper to spool the next ones.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar
from uuid import UUID

from django.db import DatabaseError, InterfaceError, OperationalError

from jobs import publishing
from jobs.capture import Capture, Counts, JobRun
from snapplatform import clock
from snapplatform.node import metrics
from snapplatform.node.threads import DatabaseThread, DiskThreads
from snapplatform.storage import ledger
from snapplatform.storage.models import Garbage

T = TypeVar("T")

log = logging.getLogger("snapplatform.node")

BATCH = 64
# From then on the database counts as away, or as too slow for what comes.
BEHIND_SECONDS = 3.0
BEHIND_PICTURES = 500
COUNT_SECONDS = 1.0
# Pictures that come this soon after others wait for company: a transaction of five costs half of five of one.
TOGETHER_SECONDS = 0.2
RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)
AWAY = (OperationalError, InterfaceError)
DATABASE_ERROR = "database error"


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A picture, since when it waits, and who is told "" or why it was refused once that is committed."""

    capture: Capture
    settled: Callable[[str], None]
    since: float


class Writer:
    """Runs as one task; stop() lets it finish what it has."""

    def __init__(self, database: DatabaseThread, disk: DiskThreads) -> None:
        self.offset_ms = 0
        self._database = database
        self._disk = disk
        self._waiting: deque[_Waiting] = deque()
        self._counts: dict[JobRun, Counts] = {}
        self._wake = asyncio.Event()
        self._stopping = asyncio.Event()
        self._counted_at = clock.monotonic()

    def put(self, capture: Capture, settled: Callable[[str], None]) -> None:
        """Publish it after those that were put before. `settled` is called unless the process ends first."""
        self._waiting.append(_Waiting(capture, settled, clock.monotonic()))
        self._wake.set()

    def counts(self, job_id: UUID, run: int) -> Counts:
        """The counts of a job's run that were not written yet."""
        return self._counts.setdefault((job_id, run), Counts())

    @property
    def waiting(self) -> int:
        """Pictures that are stored, but not registered yet."""
        return len(self._waiting)

    @property
    def behind(self) -> bool:
        """Whether the database does not take what it is given."""
        oldest = self._waiting[0].since if self._waiting else clock.monotonic()
        return clock.monotonic() - oldest > BEHIND_SECONDS or len(self._waiting) >= BEHIND_PICTURES

    def stop(self) -> None:
        """Write what is here, then end."""
        self._stopping.set()
        self._wake.set()

    async def run(self) -> None:
        """Until stop(): pictures at once, counts every second. It outlives whatever the database does."""
        while not (self._stopping.is_set() and not self._waiting):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(COUNT_SECONDS):
                    await self._wake.wait()
            self._wake.clear()
            try:
                await self._turn()
            except Exception:
                log.exception("pictures and counts could not be written now")
                if self._stopping.is_set():
                    log.error("%d pictures wait for the next start", len(self._waiting))
                    return
                await self._pause(COUNT_SECONDS)
                self._wake.set()

    async def _turn(self) -> None:
        if self._waiting:
            await self._publish_batch()
            if len(self._waiting) < BATCH:
                await self._pause(TOGETHER_SECONDS)  # let the next pictures gather
        if self._stopping.is_set() or clock.monotonic() - self._counted_at >= COUNT_SECONDS:
            await self._write_counts()
        metrics.WRITER_QUEUE.set(len(self._waiting))
        if self._waiting:
            self._wake.set()

    async def _pause(self, seconds: float) -> None:
        """Unless the end is near."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    async def _publish_batch(self) -> None:
        items = [self._waiting[index] for index in range(min(BATCH, len(self._waiting)))]
        batch = [item.capture for item in items]
        runs = {(capture.job_id, capture.run) for capture in batch}
        counts = {run: self._counts.pop(run) for run in runs if run in self._counts}
        try:
            with metrics.PUBLISH.time():
                reasons, garbage = await self._patiently(partial(publishing.publish, batch, counts))
        except AWAY:
            raise  # we stop; what is here waits for the next start
        except Exception:  # one bad picture must not hold up the others: try them one by one
            log.exception("a batch of %d pictures was refused by the database", len(batch))
            reasons, garbage = await self._one_by_one(batch)
            await self._patiently(lambda *, again: publishing.count(counts))
        for item, reason in zip(items, reasons, strict=True):
            self._waiting.popleft()
            item.settled(reason)
            if reason:
                metrics.REFUSED.labels(reason=reason.split(":")[0]).inc()
            else:
                metrics.CAPTURED.inc()
        if garbage:
            await self._collect(garbage)

    async def _one_by_one(self, batch: list[Capture]) -> tuple[list[str], list[Garbage]]:
        reasons, garbage = [], []
        for capture in batch:
            try:
                [reason], made = await self._patiently(partial(publishing.publish, [capture], {}))
                garbage += made
            except Exception:
                log.exception("a picture of job %s can't be registered", capture.job_id)
                reason = DATABASE_ERROR
                await self._patiently(partial(_give_up, capture))
            reasons.append(reason)
        return reasons, garbage

    async def _collect(self, garbage: list[Garbage]) -> None:
        try:
            await self._database.run(ledger.collect, garbage)
        except Exception:  # the rows stay, and the sweeper tries again
            log.exception("%d replaced files could not be removed now", len(garbage))

    async def _write_counts(self) -> None:
        self._counted_at = clock.monotonic()
        if self._counts:
            counts, self._counts = self._counts, {}
            await self._patiently(lambda *, again: publishing.count(counts))

    async def _patiently(self, call: Callable[..., T]) -> T:
        """Do it in the database thread, again and again while the database takes no writes.

        `call` gets `again`: whether an earlier try broke off. Raises what the database says when it is the
        data that it refuses, and anything when we stop.
        """
        attempt = 0
        while True:
            try:
                return await self._database.run(call, again=attempt > 0)
            except DatabaseError as error:
                last = self._stopping.is_set() and attempt >= len(RETRY_SECONDS)
                if last or (not isinstance(error, AWAY) and await self._works()):
                    raise
                wait = RETRY_SECONDS[min(attempt, len(RETRY_SECONDS) - 1)]
                log.warning("the database is away (%s); trying again in %s s", error, wait)
                await asyncio.sleep(wait)
            attempt += 1

    async def _works(self) -> bool:
        try:
            return await self._database.run(publishing.works)
        except DatabaseError:
            return False


def _give_up(capture: Capture, *, again: bool) -> None:
    publishing.give_up(capture, DATABASE_ERROR)
