"""The life of pulled streams, the same for each protocol: dial, run, end once, and be ticked meanwhile."""

import asyncio
import logging
import ssl
from collections import Counter
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Protocol, cast

from snapplatform.net.dialling import Place, dial
from snapplatform.net.ending import EndKind, PullEnd

log = logging.getLogger("snapplatform.net")


@dataclass(slots=True)
class PullStats:
    """Of one client, for the node to export. `pulls` is of now; the others only grow."""

    pulls: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    ended: Counter[str] = field(default_factory=Counter)  # by EndKind
    protocol_errors: Counter[str] = field(default_factory=Counter)  # by ProtocolError.kind


class PulledConnection(Protocol):
    """An asyncio protocol that plays one stream."""

    done: asyncio.Future[PullEnd]

    def finish(self, end: PullEnd) -> None:
        """End it now, for the first reason that is given."""

    def tick(self, now: float) -> None:
        """Look for what is overdue."""


class Pulls:
    """All connections of one client, with one timer between them. Use from one event loop.

    `tls` is asked where a place wants TLS; None means the system's authorities.
    """

    def __init__(
        self, stats: PullStats, *, connect_seconds: float, tick_seconds: float, tls: ssl.SSLContext | None
    ) -> None:
        self._stats = stats
        self._connect_seconds = connect_seconds
        self._tick_seconds = tick_seconds
        self._tls = tls
        self._connections: set[PulledConnection] = set()
        self._timer: asyncio.TimerHandle | None = None

    async def run(self, connection: PulledConnection, place: Place) -> PullEnd:
        """Until it has ended; cancelling ends it at once. In any case `connection.done` holds how."""
        return await self.attend(connection, self._dial(connection, place))

    async def attend(self, connection: PulledConnection, opening: Awaitable[PullEnd | None]) -> PullEnd:
        """The same for what opens in a way of its own: `opening` gives what went wrong, or None."""
        self._enter(connection)
        try:
            failed = await opening
            if failed is not None:
                connection.finish(failed)
            return await asyncio.shield(connection.done)
        finally:
            connection.finish(PullEnd(EndKind.CANCELLED))
            self._leave(connection)

    async def _dial(self, connection: PulledConnection, place: Place) -> PullEnd | None:
        tls = self._tls_context() if place.tls_host else None
        return await dial(cast(asyncio.BaseProtocol, connection), place, tls, self._connect_seconds)

    def _tls_context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = ssl.create_default_context()
        return self._tls

    def _enter(self, connection: PulledConnection) -> None:
        self._connections.add(connection)
        self._stats.pulls = len(self._connections)
        if self._timer is None:
            self._wait(asyncio.get_running_loop())

    def _leave(self, connection: PulledConnection) -> None:
        self._connections.discard(connection)
        self._stats.pulls = len(self._connections)
        if not self._connections and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wait(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = loop.call_later(self._tick_seconds, self._tick, loop)

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        self._wait(loop)  # first: whatever a tick does, the others must not lose their time-outs
        now = loop.time()
        for connection in list(self._connections):
            try:
                connection.tick(now)
            except Exception:
                log.exception("a pull could not be looked after")
                connection.finish(PullEnd(EndKind.INTERNAL))
