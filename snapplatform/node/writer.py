"""The one writer: publishes captured pictures in batches, adds up counts, and collects what was replaced.

Pictures wait here while the database is away; when too many wait, new captures are skipped, and said so.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable
from typing import ParamSpec, TypeVar
from uuid import UUID

from django.db import InterfaceError, OperationalError

from jobs import publishing
from jobs.capture import Capture, Counts, JobRun
from snapplatform import clock
from snapplatform.node import metrics
from snapplatform.node.threads import DatabaseThread, DiskThreads
from snapplatform.storage import ledger
from snapplatform.storage.models import Garbage

P = ParamSpec("P")
T = TypeVar("T")

log = logging.getLogger("snapplatform.node")

BATCH = 64
# Each waiting picture is a few hundred bytes of memory; its bytes are on disk already.
MAX_WAITING = 5000
COUNT_SECONDS = 1.0
# Pictures that come this soon after others wait for company: a transaction of five costs half of five of one.
TOGETHER_SECONDS = 0.2
RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)
AWAY = (OperationalError, InterfaceError)


class Writer:
    """Runs as one task; stop() lets it finish what it has."""

    def __init__(self, database: DatabaseThread, disk: DiskThreads) -> None:
        self.offset_ms = 0
        self._database = database
        self._disk = disk
        self._waiting: deque[Capture] = deque()
        self._counts: dict[JobRun, Counts] = {}
        self._wake = asyncio.Event()
        self._stopping = asyncio.Event()
        self._counted_at = clock.monotonic()

    def put(self, capture: Capture) -> None:
        self._waiting.append(capture)
        self._wake.set()

    def counts(self, job_id: UUID, run: int) -> Counts:
        """The counts of a job's run that were not written yet."""
        return self._counts.setdefault((job_id, run), Counts())

    @property
    def full(self) -> bool:
        return len(self._waiting) >= MAX_WAITING

    def stop(self) -> None:
        """Write what is here, then end."""
        self._stopping.set()
        self._wake.set()

    async def run(self) -> None:
        """Until stop(): pictures at once, counts every second."""
        while True:
            try:
                async with asyncio.timeout(COUNT_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()
            while self._waiting:
                await self._publish_batch()
                await self._pause()
            if self._stopping.is_set() or clock.monotonic() - self._counted_at >= COUNT_SECONDS:
                await self._write_counts()
            metrics.WRITER_QUEUE.set(len(self._waiting))
            if self._stopping.is_set() and not self._waiting:
                return

    async def _pause(self) -> None:
        """Let the next pictures gather, unless many wait already or the end is near."""
        if len(self._waiting) < BATCH:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), TOGETHER_SECONDS)

    async def _publish_batch(self) -> None:
        batch = [self._waiting[index] for index in range(min(BATCH, len(self._waiting)))]
        runs = {(capture.job_id, capture.run) for capture in batch}
        counts = {run: self._counts.pop(run) for run in runs if run in self._counts}
        try:
            with metrics.PUBLISH.time():
                reasons, garbage = await self._patiently(publishing.publish, batch, counts)
        except Exception:  # one bad picture must not hold up the others: try them one by one
            log.exception("a batch of %d pictures was refused by the database", len(batch))
            reasons, garbage = await self._one_by_one(batch)
            await self._patiently(publishing.count, counts)
        for _ in batch:
            self._waiting.popleft()
        for reason in reasons:
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
                [reason], made = await self._patiently(publishing.publish, [capture], {})
                garbage += made
            except Exception:
                log.exception("a picture of job %s can't be registered", capture.job_id)
                reason = "database error"
                await self._patiently(publishing.discard, capture)
            reasons.append(reason)
        return reasons, garbage

    async def _collect(self, garbage: list[Garbage]) -> None:
        try:
            await self._database.run(ledger.collect, garbage)
        except Exception:  # the rows stay, and the sweeper tries again
            log.exception("%d replaced files could not be removed now", len(garbage))

    async def _write_counts(self) -> None:
        counts, self._counts = self._counts, {}
        self._counted_at = clock.monotonic()
        if counts:
            await self._patiently(publishing.count, counts)

    async def _patiently(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do it in the database thread, again and again while the database is away."""
        for attempt in range(1000):
            try:
                return await self._database.run(call, *args, **kwargs)
            except AWAY as error:
                if self._stopping.is_set() and attempt >= len(RETRY_SECONDS):
                    raise
                wait = RETRY_SECONDS[min(attempt, len(RETRY_SECONDS) - 1)]
                log.warning("the database is away (%s); trying again in %s s", error, wait)
                await asyncio.sleep(wait)
        raise OperationalError("the database stayed away")
