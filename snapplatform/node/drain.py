"""Draining: the node takes nothing new and lets its publishers go, so that they come back elsewhere.

serving --asked--> draining --nothing left--> drained
   ^                  |                          |
   +------ taken back, the listener reopens -----+
"""

import asyncio
import logging
from collections.abc import Callable

from snapplatform.node import metrics
from snapplatform.node.ingest import Ingest
from snapplatform.rtmp.server import RtmpServer

log = logging.getLogger("snapplatform.node")

DRAINED = "its node drains"
# Encoders come back at once: all of them together would be a burst for the node that takes them.
GAP_SECONDS = 0.25
# However many there are, the last one is let go this long after the first.
SPREAD_SECONDS = 60.0


class Drain:
    """Follows the wish that the node's row tells. All on the loop.

    Nodes of one machine share the port (SO_REUSEPORT): once this listener is closed, new connections reach
    the others. Publishers get `grace` seconds to end by themselves; then they are dropped one by one.
    """

    def __init__(self, ingest: Ingest, server: RtmpServer, *, grace: float) -> None:
        self.active = False
        self._ingest = ingest
        self._server = server
        self._grace = grace
        self._on_change: list[Callable[[bool], None]] = []
        self._emptying: asyncio.Task[None] | None = None

    def on_change(self, call: Callable[[bool], None]) -> None:
        """`call(active)` runs when draining begins and ends: whoever holds more gives it away then."""
        self._on_change.append(call)

    async def heed(self, wanted: bool) -> None:
        """What is wanted now; called at every beat. Short: publishers are let go in a task of their own."""
        if wanted != self.active:
            log.info("the node drains: it takes nothing new" if wanted else "the node takes streams again")
            self.active = self._ingest.closed = wanted
            metrics.DRAINING.set(wanted)
            if wanted:
                self._server.stop_listening()
                self._emptying = asyncio.get_running_loop().create_task(self._empty())
            else:
                self._cancel()
            for call in self._on_change:
                call(wanted)
        if not self.active and not self._server.listening:
            await self._listen_again()

    async def end(self) -> None:
        """The node stops: whatever is held is released anyway."""
        task = self._cancel()
        if task is not None:
            await asyncio.gather(task, return_exceptions=True)

    def _cancel(self) -> "asyncio.Task[None] | None":
        task, self._emptying = self._emptying, None
        if task is not None:
            task.cancel()
        return task

    async def _empty(self) -> None:
        await asyncio.sleep(self._grace)
        while True:  # a publisher that was being asked for when the draining began may come late
            held = self._ingest.held
            gap = min(GAP_SECONDS, SPREAD_SECONDS / max(1, len(held)))
            for stream_id in held:
                self._ingest.drop(stream_id, DRAINED)
                await asyncio.sleep(gap)
            if not held:
                await asyncio.sleep(GAP_SECONDS)

    async def _listen_again(self) -> None:
        try:
            await self._server.listen()
        except OSError as error:  # somebody took the port meanwhile; the next beat tries again
            log.error("the node can't take publishers again: %s", error)
