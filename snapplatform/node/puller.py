"""One pulled stream: connect, feed its live stream, and connect again when the source went away."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from snapplatform import clock
from snapplatform.node import metrics
from snapplatform.node.feed import Feed
from snapplatform.node.openers import GOT_KEYFRAME, Opener, open_source
from snapplatform.node.retries import Retries
from snapplatform.node.visits import Pace, visiting_reads_less
from snapplatform.streams import reasons
from snapplatform.streams.livestream import RESTING, LiveStream
from snapplatform.streams.models import Stream
from snapplatform.streams.pulls import Claim
from snapplatform.streams.sources import Source

log = logging.getLogger("snapplatform.node")

# How long a source is listened to before its bit rate is believed.
PACE_SECONDS = 10.0
# After a visit its keyframe may be had for so long: first pictures wait for their turn.
REST_AFTER_SECONDS = 3.0


class Pull:
    """One task from start() to stop(). `state` and `reason` are what the stream's row should say."""

    def __init__(
        self,
        claim: Claim,
        stream: LiveStream,
        table: Mapping[str, Opener],
        *,
        on_change: Callable[[], None],
        retries: Retries | None = None,
    ) -> None:
        self.claim = claim
        self.stream = stream
        self.state, self.reason = Stream.State.OPENING, reasons.CONNECTING
        self.idle_since: float | None = None
        self._flows = asyncio.Event()  # pictures come
        self._waiting = 0  # readers that wait for them
        self._table = table
        self._on_change = on_change
        self._retries = retries or Retries()
        self._feed: Feed | None = None
        self._pace: Pace | None = None
        self._visiting = False  # the source is left between pictures
        self._asked = False
        self._changed = asyncio.Event()  # what runs now is out of date
        self._task: asyncio.Task[None] | None = None
        stream.on_ask = self._ask
        stream.pause(reasons.CONNECTING)

    @property
    def readers(self) -> int:
        return len(self.stream.audience) + self._waiting

    def start(self) -> None:
        """Connect; does nothing while it runs."""
        if self._task is None:
            self._changed.clear()
            self._task = asyncio.get_running_loop().create_task(self._run())

    def stop(self, reason: str) -> "asyncio.Task[None] | None":
        """Drop the connection now. The task that was cancelled, if there was one."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            self._away(reason)
        return task

    async def flowing(self, seconds: float) -> bool:
        """Wait so long for pictures, as a reader."""
        self._waiting += 1
        try:
            async with asyncio.timeout(seconds):
                await self._flows.wait()
        except TimeoutError:
            return False
        finally:
            self._waiting -= 1
        return not self.stream.ended

    def consider(self, claim: Claim, between: float | None) -> None:
        """Look whether source, jobs and readers are still what they were; called twice a second.

        `between`: seconds between two pictures of all jobs together, None without jobs.
        """
        before, self.claim = self.claim.source, claim
        self._measure()
        visiting = self.readers == 0 and visiting_reads_less(self._pace, between)
        if visiting != self._visiting or self.claim.source != before:
            self._visiting = visiting
            self._changed.set()

    async def _run(self) -> None:
        while True:
            self._changed.clear()
            if self._visiting and not self._asked:
                self.stream.pause(RESTING)
                await self._changed.wait()
            else:
                await self._once(until_keyframe=self._visiting)

    async def _once(self, *, until_keyframe: bool) -> None:
        """One connection, and the wait after it if it failed."""
        source = self.claim.source
        self._feed = Feed(self.stream, self._on_picture)
        reason = await self._open(source, self._feed, until_keyframe)
        flowed = self._feed.flowed
        self._feed = None
        metrics.PULL_ENDS.labels(reason=_label(reason)).inc()
        if reason is None and self.claim.source != source:
            self._retries.succeeded()
            self._away(reasons.CONNECTING)
        elif reason is None:  # from staying to visiting, or back
            self.stream.pause(reasons.CONNECTING)
        elif reason == GOT_KEYFRAME:
            self._asked = False
            self._retries.succeeded()
            await self._sleep(REST_AFTER_SECONDS)
        else:
            self._away(reason)
            wait = self._retries.wait(flowed)
            log.info("stream %s: %s; trying again in %.1f s", self.stream.held.name, reason, wait)
            await self._sleep(wait)

    async def _open(self, source: Source | None, feed: Feed, until_keyframe: bool) -> str | None:
        """Why the connection ended; None when it was out of date."""
        if source is None:
            return reasons.SECRET_UNREADABLE
        try:
            return await self._unless_changed(open_source(self._table, source, feed, until_keyframe))
        except Exception:  # a fault of ours must not end the pull for ever
            log.exception("stream %s could not be pulled", self.stream.held.name)
            return reasons.INTERNAL

    async def _unless_changed(self, work: Coroutine[Any, Any, str]) -> str | None:
        working = asyncio.ensure_future(work)
        changed = asyncio.ensure_future(self._changed.wait())
        try:
            await asyncio.wait((working, changed), return_when=asyncio.FIRST_COMPLETED)
            return working.result() if working.done() else None
        finally:
            working.cancel()
            changed.cancel()
            await asyncio.gather(working, changed, return_exceptions=True)

    async def _sleep(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            pass

    def _ask(self) -> None:
        """A job's tick waits for a keyframe: go for one, if we are not there anyway."""
        if self._visiting:
            self._asked = True
            if self.stream.resting:
                self._changed.set()

    def _on_picture(self) -> None:
        self._flows.set()
        self._say(Stream.State.LIVE, "")

    def _away(self, reason: str) -> None:
        self._flows.clear()
        self.stream.pause(reason)
        self._say(Stream.State.OPENING, reason)

    def _say(self, state: Stream.State, reason: str) -> None:
        if (state, reason) != (self.state, self.reason):
            self.state, self.reason = state, reason
            self._on_change()

    def _measure(self) -> None:
        feed = self._feed
        if feed is None or self._visiting or feed.flowed < PACE_SECONDS or not self.stream.keyframe_gap:
            return
        rate = (self.stream.bytes - feed.began_at) / (clock.monotonic() - feed.first)
        self._pace = Pace(rate, self.stream.keyframe_gap)


def _label(reason: str | None) -> str:
    """For counting: what was wanted came, or we left, or the reason without its details."""
    return (reason or "").partition(":")[0] or "done"
