"""A pool of decoder processes in the capture node: a picture costs at most one decoder, never a stream."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter, deque
from dataclasses import dataclass, field

from .child import Child, ChildDied
from .protocol import ProtocolError
from .restarts import RestartPacer
from .types import DecodeFailed, PictureRequest, PictureResult, Reason

logger = logging.getLogger(__name__)

DEFAULT_DEADLINE = 5.0
DEFAULT_MAX_QUEUE = 256
# Longer than a hundred pictures take on one decoder, shorter than anybody waits for one.
DEFAULT_MAX_WAIT = 10.0


@dataclass(slots=True)
class PoolStats:
    """Counts since the start (`taken`, `failed` by reason, `restarts`), and the present ones."""

    taken: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    restarts: int = 0
    waiting: int = 0
    running: int = 0
    ready: int = 0


@dataclass(slots=True, eq=False)
class _Job:
    request: PictureRequest
    deadline: float
    future: asyncio.Future[PictureResult]
    started: bool = False


class DecoderPool:
    """First come, first served over `size` processes, inside one event loop.

    `deadline` (seconds) bounds a picture in its decoder, `max_wait` its wait for a free one, `max_queue` the
    number of those that wait.
    """

    def __init__(
        self,
        size: int,
        *,
        deadline: float = DEFAULT_DEADLINE,
        max_queue: int = DEFAULT_MAX_QUEUE,
        max_wait: float = DEFAULT_MAX_WAIT,
    ) -> None:
        self.stats = PoolStats()
        self._size = size
        self._deadline = deadline
        self._max_queue = max_queue
        self._max_wait = max_wait
        self._queue: deque[_Job] = deque()
        self._arrived = asyncio.Event()
        self._children: dict[int, Child] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._pacer = RestartPacer()
        self._open = False

    async def start(self) -> None:
        """Start the decoders and return when all are ready. ChildDied when one cannot be started."""
        try:
            async with asyncio.TaskGroup() as group:
                starts = [group.create_task(Child.start()) for _ in range(self._size)]
        except ExceptionGroup as errors:
            for start in starts:
                if not start.cancelled() and start.exception() is None:
                    await start.result().kill()
            raise errors.exceptions[0] from errors
        self._open = True
        for slot, start in enumerate(starts):
            self._children[slot] = start.result()
        self.stats.ready = self._size
        self._tasks = [asyncio.create_task(self._serve(slot)) for slot in range(self._size)]

    async def take(self, request: PictureRequest, deadline: float | None = None) -> PictureResult:
        """One request's pictures, or DecodeFailed. A cancelled call loses only its own answer."""
        if not self._open:
            raise self._counted("closed", "the decoder pool is not running")
        if self.stats.waiting >= self._max_queue:
            raise self._counted("queue full", f"{self.stats.waiting} pictures wait for a decoder")
        loop = asyncio.get_running_loop()
        job = _Job(request, deadline or self._deadline, loop.create_future())
        timer = loop.call_later(self._max_wait, self._give_up, job)
        self.stats.waiting += 1
        self._queue.append(job)
        self._arrived.set()
        try:
            return await job.future
        finally:
            timer.cancel()
            if not job.started:
                self.stats.waiting -= 1

    async def close(self) -> None:
        """Kill the decoders; every request that is not done fails as closed."""
        self._open = False
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for job in self._queue:
            self._fail(job, "closed", "the decoder pool closed")
        self._queue.clear()
        await asyncio.gather(*(child.kill() for child in self._children.values()))
        self._children.clear()
        self.stats.ready = 0

    @property
    def pids(self) -> list[int]:
        """Process ids of the running decoders, for measuring."""
        return [child.pid for child in self._children.values()]

    async def _serve(self, slot: int) -> None:
        failures = 0
        while True:
            job = await self._next_job(self._children[slot])
            healthy = job is not None and await self._run(self._children[slot], job)
            failures = 0 if healthy else failures + 1
            if not healthy:
                logger.warning("decoder %d is replaced, failures in a row: %d", slot, failures)
                await self._replace(slot, failures)

    async def _next_job(self, child: Child) -> _Job | None:
        """The next job that somebody still waits for, or None when the idle child died."""
        while child.alive:
            while self._queue:
                job = self._queue.popleft()
                if not job.future.done():
                    return job
            self._arrived.clear()
            # Waiting takes nothing from the queue, so a cancelled worker cannot lose a job on its way out.
            waits = [asyncio.ensure_future(self._arrived.wait()), asyncio.ensure_future(child.exited())]
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for wait in waits:
                    wait.cancel()
        return None

    async def _run(self, child: Child, job: _Job) -> bool:
        """Serve one job; whether the child can go on."""
        job.started = True
        self.stats.waiting -= 1
        self.stats.running += 1
        try:
            result = await child.take(job.request, job.deadline)
        except DecodeFailed as error:
            self._fail(job, error.reason, error.detail)
        except ProtocolError as error:
            # Our own message was too big to send, so the child knows nothing of it.
            self._fail(job, "too large", str(error))
        except TimeoutError:
            self._fail(job, "timeout", f"no picture within {job.deadline:g} s")
            return False
        except ChildDied as error:
            self._fail(job, "died", str(error))
            return False
        except asyncio.CancelledError:
            self._fail(job, "closed", "the decoder pool closed")
            raise
        else:
            self.stats.taken += 1
            if not job.future.done():
                job.future.set_result(result)
        finally:
            self.stats.running -= 1
        return True

    async def _replace(self, slot: int, failures: int) -> None:
        self.stats.ready -= 1
        await self._children[slot].kill()
        while True:
            await asyncio.sleep(self._pacer.delay(failures, time.monotonic()))
            self.stats.restarts += 1
            try:
                self._children[slot] = await Child.start()
            except ChildDied as error:
                failures += 1
                logger.error("decoder %d did not start: %s", slot, error)
            else:
                self.stats.ready += 1
                return

    def _give_up(self, job: _Job) -> None:
        if not job.started:
            self._fail(job, "busy", f"no decoder came free within {self._max_wait:g} s")

    def _fail(self, job: _Job, reason: Reason, detail: str) -> None:
        error = self._counted(reason, detail)
        if not job.future.done():
            job.future.set_exception(error)

    def _counted(self, reason: Reason, detail: str) -> DecodeFailed:
        self.stats.failed[reason] += 1
        return DecodeFailed(reason, detail)
