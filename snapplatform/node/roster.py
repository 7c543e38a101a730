"""Which jobs run on which live streams of this node: compared with the database twice a second."""

import asyncio
import logging
from uuid import UUID

from jobs import waiting
from jobs.spec import JobSpec, started_jobs
from snapplatform import clock
from snapplatform.node import metrics
from snapplatform.node.runner import JOB_STOPPED, JobRunner
from snapplatform.node.threads import DatabaseThread
from snapplatform.node.tools import Tools
from snapplatform.streams.hub import Hub
from snapplatform.streams.livestream import LiveStream

log = logging.getLogger("snapplatform.node")

LOOK_SECONDS = 0.5
# A new publisher needs a moment for its headers; until then it isn't said to be without video.
GRACE_SECONDS = 3.0


class Roster:
    """Starts, changes and stops runners as jobs and streams come and go."""

    def __init__(self, hub: Hub, tools: Tools, database: DatabaseThread) -> None:
        self._hub = hub
        self._tools = tools
        self._database = database
        self._runners: dict[UUID, JobRunner] = {}
        self._captures: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Look now: a stream came or went."""
        self._wake.set()

    @property
    def running(self) -> int:
        return len(self._runners)

    @property
    def in_hand(self) -> int:
        """Pictures of jobs that were stopped, which are on their way."""
        return len(self._captures)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self._look()
            except Exception:  # the database may be away; running jobs go on, and we look again
                log.exception("jobs could not be read")
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()

    async def stop(self, seconds: float) -> None:
        """Stop all jobs; wait that long for pictures that are on their way."""
        for job_id in list(self._runners):
            self._stop(job_id)
        if self._captures:
            await asyncio.wait(self._captures, timeout=seconds)

    async def _look(self) -> None:
        live = self._hub.by_id()
        specs = await self._database.run(started_jobs, list(live)) if live else {}
        for job_id in [job_id for job_id, runner in self._runners.items() if self._outdated(runner, specs)]:
            self._stop(job_id)
        for spec in specs.values():
            stream = live[spec.stream_id]
            if stream.ended:
                continue
            if runner := self._runners.get(spec.id):
                if runner.spec != spec:
                    runner.update(spec)
            else:
                runner = self._runners[spec.id] = JobRunner(spec, stream, self._tools)
                runner.start()
        await self._say_waiting(live, specs)
        metrics.JOBS.set(len(self._runners))

    def _outdated(self, runner: JobRunner, specs: dict[UUID, JobSpec]) -> bool:
        spec = specs.get(runner.spec.id)
        return runner.stream.ended or spec is None or spec.stream_id != runner.stream.held.stream_id

    def _stop(self, job_id: UUID) -> None:
        for task in self._runners.pop(job_id).stop(JOB_STOPPED):
            self._captures.add(task)
            task.add_done_callback(self._captures.discard)

    async def _say_waiting(self, live: dict[UUID, LiveStream], specs: dict[UUID, JobSpec]) -> None:
        now = clock.monotonic()
        states = {stream_id: _trouble(stream, now) for stream_id, stream in live.items()}
        changed = {spec.stream_id for spec in specs.values() if spec.waiting != states[spec.stream_id]}
        for stream_id in changed:
            state = states[stream_id]
            if not state or now - live[stream_id].started >= GRACE_SECONDS:
                await self._database.run(waiting.say_of_held, live[stream_id].held, state)


def _trouble(stream: LiveStream, now: float) -> str:
    """What keeps its jobs from pictures, or ""."""
    return "" if stream.resting else stream.state(now)
