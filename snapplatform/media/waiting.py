"""Who gets the next free decoder: groups take turns, so that a busy stream never keeps the others waiting."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from dataclasses import dataclass

from snapplatform import clock

from .counts import PoolStats
from .types import DecodeFailed, PictureRequest, PictureResult

# Who asked this lately will ask again, and must find a decoder that the others left free.
LATELY_SECONDS = 10.0


@dataclass(slots=True, eq=False)
class Job:
    """A request, the seconds it may take, and the answer that somebody waits for."""

    request: PictureRequest
    deadline: float
    future: asyncio.Future[PictureResult]

    def fail(self, error: DecodeFailed) -> None:
        """Answer with the error, unless there is an answer or nobody waits for it any more."""
        if not self.future.done():
            self.future.set_exception(error)


class WaitingLine:
    """Jobs that wait for one of `decoders`; first come, first served inside each group (`request.group`).

    While other groups ask too, one group runs on all decoders but one, and at least on one: a stream whose
    pictures take seconds would otherwise hold every decoder whenever nobody happens to wait.
    """

    def __init__(self, decoders: int, stats: PoolStats) -> None:
        self._most = max(1, decoders - 1)
        self._stats = stats
        self._waiting: dict[object, deque[Job]] = {}  # in the order of their turns
        self._running: Counter[object] = Counter()
        self._asked: dict[object, float] = {}  # when each group asked last, the longest ago first
        self._changed = asyncio.Event()

    def __len__(self) -> int:
        return self._stats.waiting

    def add(self, job: Job) -> None:
        group = job.request.group
        self._asked.pop(group, None)
        self._asked[group] = clock.monotonic()
        self._waiting.setdefault(group, deque()).append(job)
        self._stats.waiting += 1
        self._changed.set()

    def drop(self, job: Job) -> bool:
        """Forget a job that waits; whether it did."""
        jobs = self._waiting.get(job.request.group, deque())
        if job not in jobs:
            return False
        jobs.remove(job)
        if not jobs:
            del self._waiting[job.request.group]
        self._stats.waiting -= 1
        return True

    def take(self) -> Job | None:
        """The job whose turn it is, or None when no group may have a decoder. Say `done` after it."""
        for group, jobs in self._waiting.items():
            if self._running[group] < self._most or self._alone(group):
                del self._waiting[group]
                job = jobs.popleft()
                if jobs:
                    self._waiting[group] = jobs  # behind the others
                self._running[group] += 1
                self._stats.waiting -= 1
                self._stats.running += 1
                return job
        self._changed.clear()
        return None

    def done(self, job: Job) -> None:
        """The job's decoder is free again."""
        group = job.request.group
        self._running[group] -= 1
        if not self._running[group]:
            del self._running[group]
        self._stats.running -= 1
        self._changed.set()  # a group that was held back may have its turn now

    async def changed(self) -> None:
        """Wait until `take`, which gave nothing, may give something. A cancelled wait loses no job."""
        await self._changed.wait()

    def clear(self) -> list[Job]:
        """Forget all jobs that wait; returns them."""
        jobs = [job for waiting in self._waiting.values() for job in waiting]
        self._waiting.clear()
        self._stats.waiting = 0
        return jobs

    def _alone(self, group: object) -> bool:
        """Whether no other group asked lately."""
        begin = clock.monotonic() - LATELY_SECONDS
        while self._asked and (oldest := next(iter(self._asked.items())))[1] < begin:
            del self._asked[oldest[0]]
        return self._asked.keys() <= {group}
