"""A pool of decoder processes in the capture node: a picture costs at most one decoder, never a stream."""

from __future__ import annotations

import asyncio

from .child import Child
from .counts import PoolStats
from .restarts import RestartPacer
from .slot import Slot
from .types import PictureRequest, PictureResult
from .waiting import Job, WaitingLine

DEFAULT_DEADLINE = 5.0
DEFAULT_MAX_QUEUE = 256
# Longer than a hundred pictures take on one decoder, shorter than anybody waits for one.
DEFAULT_MAX_WAIT = 10.0


class DecoderPool:
    """`size` processes inside one event loop; the groups of requests take turns (waiting.py).

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
        self._line = WaitingLine(size, self.stats)
        self._slots: list[Slot] = []
        self._tasks: list[asyncio.Task[None]] = []
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
        pacer = RestartPacer()
        self._slots = [
            Slot(number, start.result(), self._line, self.stats, pacer) for number, start in enumerate(starts)
        ]
        self.stats.ready = self._size
        self._tasks = [asyncio.create_task(slot.serve()) for slot in self._slots]
        self._open = True

    async def take(self, request: PictureRequest, deadline: float | None = None) -> PictureResult:
        """One request's pictures, or DecodeFailed. A cancelled call loses only its own answer."""
        if not self._open:
            raise self.stats.failure("closed", "the decoder pool is not running")
        if len(self._line) >= self._max_queue:
            raise self.stats.failure("queue full", f"{len(self._line)} pictures wait for a decoder")
        loop = asyncio.get_running_loop()
        job = Job(request, deadline or self._deadline, loop.create_future())
        self._line.add(job)
        timer = loop.call_later(self._max_wait, self._give_up, job)
        try:
            return await job.future
        finally:
            timer.cancel()
            self._line.drop(job)

    async def close(self) -> None:
        """Kill the decoders; every request that is not done fails as closed."""
        self._open = False
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for job in self._line.clear():
            job.fail(self.stats.failure("closed", "the decoder pool closed"))
        await asyncio.gather(*(slot.child.kill() for slot in self._slots))
        self._slots.clear()
        self.stats.ready = 0

    @property
    def pids(self) -> list[int]:
        """Process ids of the running decoders, for measuring."""
        return [slot.child.pid for slot in self._slots]

    def _give_up(self, job: Job) -> None:
        if self._line.drop(job):
            job.fail(self.stats.failure("busy", f"no decoder came free within {self._max_wait:g} s"))
