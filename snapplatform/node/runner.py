"""One job on one live stream: ticks of its grid become pictures, or skips with a reason."""

import asyncio
import logging

from jobs import grid
from jobs.spec import JobSpec
from snapplatform import clock
from snapplatform.media.ring import Packet
from snapplatform.node import metrics
from snapplatform.node.camera import Camera
from snapplatform.node.keeping import SPOOL_FULL
from snapplatform.node.tools import Tools
from snapplatform.streams.frames import Frame
from snapplatform.streams.livestream import LiveStream

log = logging.getLogger("snapplatform.node")

NO_NEW_KEYFRAME = "no new keyframe"
BUSY = "previous picture not finished"
OVERLOADED = "node overloaded"
STREAM_ENDED = "stream ended"
JOB_STOPPED = "job stopped"
# A capture of one job that takes longer is given up by the pool; more at once would only queue up.
MAX_IN_FLIGHT = 2
# An exact picture may cost a whole GOP of decoding: one job must not hold two decoders.
MAX_EXACT = 1


class JobRunner:
    """Watches one stream for one job: a first picture as soon as one can be had, then one per tick."""

    def __init__(self, spec: JobSpec, stream: LiveStream, tools: Tools) -> None:
        self.spec = spec
        self.stream = stream
        self._tools = tools
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._newest: asyncio.Task[None] | None = None
        self._camera = Camera(stream, tools)
        self._first = False  # whether the first picture is still to be taken
        self._queued = False  # whether it waits for its turn (starts.py)
        self._owed: float | None = None  # the tick that waits for a keyframe
        self._grid = self._make_grid()
        self._index = -1

    def start(self) -> None:
        """Take the first picture now, or at the first keyframe, and follow the grid from then on."""
        self.stream.watchers.add(self)
        self._begin()
        self._schedule()

    def update(self, spec: JobSpec) -> None:
        """Follow changes of the template or the job: a new run or interval starts a new grid."""
        before, self.spec = self.spec, spec
        if (before.run, before.interval_ms, before.aligned) != (spec.run, spec.interval_ms, spec.aligned):
            self._grid, self._index = self._make_grid(), -1
            if before.run != spec.run:
                self._begin()
            self._schedule()

    def stop(self, reason: str) -> list[asyncio.Task[None]]:
        """No more ticks; returns the captures that are still on their way. May be called again."""
        if self._timer is not None:
            self._timer.cancel()
        self.stream.watchers.discard(self)
        if self._first or self._owed is not None:
            self._first, self._owed = False, None
            self._skip(reason)
        return list(self._tasks)

    # As a watcher of the stream.

    @property
    def hurried(self) -> bool:
        return self._exact or self._first or self._owed is not None

    def on_keyframe(self, packet: Packet) -> None:
        if self._first:
            self._queue()
        elif self._owed is not None and (frame := self._new_frame(exact=False)) is not None:
            tick, self._owed = self._owed, None
            self._take(frame, tick)

    def on_end(self, reason: str) -> None:
        self.stop(STREAM_ENDED)

    # Inside.

    def _begin(self) -> None:
        """Owe the first picture of a run."""
        self._settle()
        self._first = True
        self._queue()

    def _queue(self) -> None:
        if self._queued:
            return
        if self._new_frame(exact=self._exact) is None:
            self.stream.ask()
        else:
            self._queued = True
            self._tools.starts.ask(self.stream, self._take_first)

    def _take_first(self) -> "asyncio.Task[None] | None":
        self._queued = False
        frame = self._new_frame(exact=self._exact) if self._first else None
        if frame is None:
            return None  # if it is still owed, the next keyframe queues it again
        self._first = False
        return self._take(frame, clock.monotonic())

    def _settle(self) -> None:
        """What was owed until now is not to be had any more."""
        if self._first or self._owed is not None:
            why = BUSY if self._queued else self.stream.state(clock.monotonic()) or NO_NEW_KEYFRAME
            self._first, self._owed = False, None
            self._skip(why)

    def _make_grid(self) -> grid.Grid:
        start, interval = clock.monotonic(), self.spec.interval_ms / 1000
        if self.spec.aligned:
            return grid.aligned(start=start, wall=clock.now().timestamp(), interval=interval)
        return grid.spread(self.spec.id, self.spec.run, start=start, interval=interval)

    def _schedule(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        # From the last tick that was handled, not from now: a timer may fire a moment early.
        wait = self._grid.tick(self._index + 1) - clock.monotonic()
        self._timer = self._loop.call_later(max(0.0, wait), self._on_timer)

    def _on_timer(self) -> None:
        now = clock.monotonic()
        index = self._grid.index(now)
        if index > self._index:
            for _ in range(index - self._index - 1):
                self._skip(OVERLOADED)  # the loop was held up for whole intervals
            self._index = index
            self._on_tick(self._grid.tick(index))
        self._schedule()

    def _on_tick(self, tick: float) -> None:
        self._settle()
        frame = self._new_frame(exact=self._exact)
        if frame is None:
            self._owed = tick  # the next keyframe pays it; without one the next tick counts it as skipped
            self.stream.ask()
        else:
            self._take(frame, tick)

    def _new_frame(self, *, exact: bool) -> Frame | None:
        """The frame that can be taken now. The same one is not taken twice, nor in another run."""
        if self.stream.state(clock.monotonic()):
            return None
        frame = self.stream.frame(exact=exact)
        return None if frame is None or self.stream.taken.get(self.spec.id) == frame.moment else frame

    def _take(self, frame: Frame, tick: float) -> "asyncio.Task[None] | None":
        """Begin the capture, or skip the tick; gives the capture if there is one."""
        if len(self._tasks) >= (MAX_EXACT if self._exact else MAX_IN_FLIGHT):
            self._skip(BUSY)
            return None
        if self._tools.keeper.full(self.spec):
            self._skip(SPOOL_FULL)
            return None
        self.stream.taken[self.spec.id] = frame.moment
        # A slow picture must not be published after the next one: each waits for the one before it.
        self._newest = self._loop.create_task(self._shoot(frame, tick, self._newest))
        self._tasks.add(self._newest)
        self._newest.add_done_callback(self._tasks.discard)
        return self._newest

    async def _shoot(self, frame: Frame, tick: float, before: "asyncio.Task[None] | None") -> None:
        try:
            reason = await self._camera.shoot(self.spec, frame, tick, before)
        except Exception:  # nobody waits for this task, so this is the last place where it can be seen
            log.exception("a picture of job %s was lost", self.spec.id)
            reason = "internal error"
        if reason:
            self._skip(reason)

    @property
    def _exact(self) -> bool:
        return self.spec.capture == "exact"

    def _skip(self, reason: str) -> None:
        self._tools.outlet.counts(self.spec.id, self.spec.run).skip(reason)
        metrics.SKIPPED.labels(reason=reason.split(":")[0][:40]).inc()
