"""Watches over the spool: takes over what dead processes left, and has registered what can be by now."""

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from django.db import DatabaseError

from snapplatform import clock
from snapplatform.errors import StorageUnavailable
from snapplatform.node import metrics
from snapplatform.node.returning import Returning
from snapplatform.node.threads import DiskThreads
from snapplatform.node.writer import Writer
from snapplatform.node.writing import Stores
from snapplatform.storage.spool import Spool
from snapplatform.storage.spool_folder import SpoolFolder
from snapplatform.storage.spool_lane import Lane

log = logging.getLogger("snapplatform.node")

LOOK_SECONDS = 0.5
TAKE_OVER_SECONDS = 1.0
TRIM_SECONDS = 600.0
RETRY_SECONDS = (1.0, 2.0, 5.0)


class Replay:
    """Runs beside the writer, which keeps the order: what it has of a job goes before what is spooled."""

    def __init__(self, spool: Spool, stores: Stores, writer: Writer) -> None:
        self._spool = spool
        self._writer = writer
        self._threads = DiskThreads()  # of its own: a bucket that hangs must not hold up new pictures
        self._returning = Returning(spool, stores, writer, self._threads)
        self._tasks: dict[object, asyncio.Task[None]] = {}
        self._due: dict[str, float] = {}
        self._ending = False

    async def begin(self, seconds: float) -> None:
        """Register what waits already, and let other processes do so, before publishers come back and their
        streams' epochs change. After `seconds` the rest goes on beside them."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while True:
                    self._due.clear()  # always one more look for those who died meanwhile
                    await self._look_safely()
                    others = await self._threads.run(self._spool.others_return)
                    if not (others or self._tasks or self._spool.lanes()):
                        return
                    await asyncio.sleep(0.02)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._look_safely()
            await asyncio.sleep(LOOK_SECONDS)

    def end(self) -> None:
        """Begin nothing more."""
        self._ending = True

    async def stop(self, seconds: float) -> None:
        """Finish what is on its way, as far as the writer still settles it."""
        self.end()
        if tasks := list(self._tasks.values()):
            await asyncio.wait(tasks, timeout=seconds)
            for task in tasks:
                task.cancel()
        self._threads.close()

    async def _look_safely(self) -> None:
        try:
            await self._look()
        except StorageUnavailable as error:
            log.warning("the spool's disk: %s", error)
        except Exception:
            log.exception("the spool could not be looked through")

    async def _look(self) -> None:
        self._export()
        for lane in [] if self._writer.behind else self._spool.lanes():
            if lane not in self._tasks:
                self._start(lane, self._drain(lane))
        if self._writer.behind:
            await self._threads.run(self._spool.sync)
        if self._is_due("take over", TAKE_OVER_SECONDS):
            for folder, items in await self._threads.run(self._spool.take_over):
                level = logging.WARNING if items else logging.INFO
                log.log(level, "a process left %d pictures in the journal of %s", len(items), folder.path)
                self._start(folder, self._adopt(folder, items))
        if self._is_due("trim", TRIM_SECONDS):
            await self._threads.run(self._spool.aside.trim)
        await self._threads.run(self._spool.look)

    def _is_due(self, what: str, seconds: float) -> bool:
        now = clock.monotonic()
        if now < self._due.get(what, now):
            return False
        self._due[what] = now + seconds
        return True

    def _start(self, key: object, work: Coroutine[Any, Any, None]) -> None:
        task = self._tasks[key] = asyncio.get_running_loop().create_task(work)
        task.add_done_callback(lambda _: self._tasks.pop(key))

    async def _adopt(self, folder: SpoolFolder, items: list[Any]) -> None:
        """What was in its journal is older than what it spooled of the same jobs."""
        failures = 0
        try:
            while not await self._attempt(self._returning.journal(items)):
                failures += 1
                await asyncio.sleep(_wait(failures))
        except asyncio.CancelledError:
            folder.close()  # the journal is still there, so the folder stays too
            raise
        self._spool.adopt(folder)

    async def _drain(self, lane: Lane) -> None:
        """Until it is empty, or the database is away."""
        failures = 0
        while lane.entries and not self._ending and not self._writer.behind:
            failures = 0 if await self._attempt(self._returning.batch(lane)) else failures + 1
            if failures:
                await asyncio.sleep(_wait(failures))

    async def _attempt(self, step: Coroutine[Any, Any, bool]) -> bool:
        """Whether it could be done now."""
        try:
            return await step
        except (StorageUnavailable, DatabaseError) as error:
            log.warning("what waits can't be registered now: %s", error)
        except Exception:
            log.exception("what waits can't be registered now")
        return False

    def _export(self) -> None:
        stats = self._spool.stats()
        metrics.SPOOL_ENTRIES.set(stats["entries"])
        metrics.SPOOL_BYTES.set(stats["bytes"])
        metrics.SPOOL_OLDEST.set(stats["oldest_seconds"])


def _wait(failures: int) -> float:
    return RETRY_SECONDS[min(failures, len(RETRY_SECONDS)) - 1]
