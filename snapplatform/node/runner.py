"""One job on one live stream: ticks of its grid become pictures, or skips with a reason."""

import asyncio
import logging
from collections.abc import Sequence

from jobs import grid
from jobs.capture import Capture, Counts
from jobs.spec import JobSpec
from snapplatform import clock
from snapplatform.errors import StorageUnavailable
from snapplatform.media.ring import Packet
from snapplatform.media.signature import compare
from snapplatform.media.types import DecodeFailed, OutputSpec, Picture, PictureResult
from snapplatform.node import metrics
from snapplatform.node.tools import Tools
from snapplatform.streams.hub import LiveStream, Moment

log = logging.getLogger("snapplatform.node")

NO_NEW_KEYFRAME = "no new keyframe"
BUSY = "previous picture not finished"
OVERLOADED = "node overloaded"
BEHIND = "database behind"
STREAM_ENDED = "stream ended"
JOB_STOPPED = "job stopped"
# A picture that is stored later than this after its tick (or than half the interval) counts as late.
LATE_SECONDS = 1.0
# A capture of one job that takes longer is given up by the pool; more at once would only queue up.
MAX_IN_FLIGHT = 2


class JobRunner:
    """Watches one stream for one job. Started at once with a first picture; then one per tick."""

    def __init__(self, spec: JobSpec, stream: LiveStream, tools: Tools) -> None:
        self.spec = spec
        self.stream = stream
        self._tools = tools
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        # What this job took last of this stream, also in an earlier run: the same frame is not taken twice.
        self._last, self._signature = stream.taken.get(spec.id, (None, None))
        self._owed: float | None = None  # the tick that waits for a keyframe
        self._grid = self._make_grid()
        self._index = -1

    def start(self) -> None:
        """Take the first picture now, or at the first keyframe, and follow the grid from then on."""
        self.stream.watchers.add(self)
        self._on_tick(clock.monotonic())
        self._schedule()

    def update(self, spec: JobSpec) -> None:
        """Follow changes of the template or the job: a new run or interval starts a new grid."""
        before, self.spec = self.spec, spec
        if (before.run, before.interval_ms, before.aligned) != (spec.run, spec.interval_ms, spec.aligned):
            self._grid, self._index = self._make_grid(), -1
            if before.run != spec.run:
                self._on_tick(clock.monotonic())
            self._schedule()

    def stop(self, reason: str) -> list[asyncio.Task[None]]:
        """No more ticks; returns the captures that are still on their way. May be called again."""
        if self._timer is not None:
            self._timer.cancel()
        self.stream.watchers.discard(self)
        if self._owed is not None:
            self._owed = None
            self._skip(reason)
        return list(self._tasks)

    # As a watcher of the stream.

    def on_keyframe(self, packet: Packet) -> None:
        if self._owed is not None:
            tick, self._owed = self._owed, None
            self._take(tick)

    def on_end(self, reason: str) -> None:
        self.stop(STREAM_ENDED)

    # Inside.

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
                self._skip(OVERLOADED, expected=1)  # the loop was held up for whole intervals
            self._index = index
            self._on_tick(self._grid.tick(index))
        self._schedule()

    def _on_tick(self, tick: float) -> None:
        counts = self._counts()
        counts.expected += 1
        if self._owed is not None:
            self._skip(self.stream.state(clock.monotonic()) or NO_NEW_KEYFRAME)
        self._owed = None
        newest = self.stream.ring.newest_keyframe()
        problem = self.stream.state(clock.monotonic())
        if newest is None or problem or self._stale(newest):
            self._owed = tick  # the next keyframe pays it; without one the next tick counts it as skipped
        else:
            self._take(tick)

    def _stale(self, newest: Packet) -> bool:
        """Whether there is nothing newer than the last picture."""
        if self.spec.capture == "exact":
            newest = self.stream.ring.gop()[-1]
        return self._last == _moment(newest)

    def _take(self, tick: float) -> None:
        packets = self.stream.ring.gop()
        if self.spec.capture != "exact":
            packets = packets[:1]
        if len(self._tasks) >= MAX_IN_FLIGHT:
            self._skip(BUSY)
        elif self._tools.outlet.full:
            self._skip(BEHIND)
        elif packets:
            self._last = _moment(packets[-1])
            self._remember()
            task = self._loop.create_task(self._capture(self.spec, packets, tick))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _capture(self, spec: JobSpec, packets: Sequence[Packet], tick: float) -> None:
        output = OutputSpec(spec.image_format, spec.quality, spec.width, spec.height)  # type: ignore[arg-type]
        try:
            result, picture = await self._tools.desk.take(self.stream, packets, output)
        except DecodeFailed as error:
            log.warning("no picture of %s for job %s: %s", self.stream.held.name, spec.id, error)
            self._skip(f"decode: {error.reason}")
            return
        flags = result.flags | compare(self._signature, result.signature)
        self._signature = result.signature
        self._remember()
        if unwanted := sorted(flags & spec.skip_flags):
            self._skip(unwanted[0])
            return
        try:
            await self._store(spec, packets[-1], tick, flags, result, picture)
        except StorageUnavailable as error:
            log.warning("job %s: %s", spec.id, error)
            self._skip("storage not available")
        except Exception:  # nobody waits for this task, so this is the last place where it can be seen
            log.exception("a picture of job %s was lost", spec.id)
            self._skip("internal error")

    async def _store(
        self,
        spec: JobSpec,
        packet: Packet,
        tick: float,
        flags: frozenset[str],
        result: PictureResult,
        picture: Picture,
    ) -> None:
        copies = int(spec.sequence) + int(spec.overwrite)
        blobs = await self._tools.write(spec.bucket_id, picture.data, spec.image_format, copies)
        now = clock.monotonic()
        self._tools.outlet.put(
            Capture(
                job_id=spec.id,
                stream_id=spec.stream_id,
                bucket_id=spec.bucket_id,
                run=spec.run,
                epoch=self.stream.held.epoch,
                sequence=blobs[0] if spec.sequence else None,
                overwrite=blobs[-1] if spec.overwrite else None,
                image_format=spec.image_format,
                width=picture.width,
                height=picture.height,
                luma=round(result.mean_luma),
                flags=flags,
                frame_at=clock.wall_time(packet.received_at),
                media_time_ms=packet.pts_ms,
                clock_offset_ms=self._tools.outlet.offset_ms,
                tick_at=clock.wall_time(tick),
                stored_at=clock.now(),
                late=now - tick > min(LATE_SECONDS, spec.interval_ms / 2000),
            )
        )
        metrics.LAG.observe(now - tick)
        metrics.DECODE.observe(result.decode_ms / 1000)

    def _remember(self) -> None:
        self.stream.taken[self.spec.id] = (self._last, self._signature)

    def _counts(self) -> Counts:
        return self._tools.outlet.counts(self.spec.id, self.spec.run)

    def _skip(self, reason: str, expected: int = 0) -> None:
        counts = self._counts()
        counts.expected += expected
        counts.skip(reason)
        metrics.SKIPPED.labels(reason=reason.split(":")[0][:40]).inc()


def _moment(packet: Packet) -> Moment:
    return packet.received_at, packet.dts_ms
