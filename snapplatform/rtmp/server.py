"""The RTMP server: listens, counts, ends what is overdue, closes."""

import asyncio
import logging
from collections import Counter
from dataclasses import dataclass

from snapplatform.rtmp.connection import Connection
from snapplatform.rtmp.host import HEADROOM
from snapplatform.rtmp.interface import Directory
from snapplatform.rtmp.limits import Limits
from snapplatform.rtmp.stats import ServerStats

log = logging.getLogger("snapplatform.rtmp")

READ_BYTES = 256 * 1024
CLOSE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where to listen, and how."""

    host: str
    port: int
    reuse_port: bool
    backlog: int


class RtmpServer:
    """Use from one event loop. All its connections share one receive buffer, so a connection costs little."""

    def __init__(self, directory: Directory, limits: Limits | None = None) -> None:
        self.directory = directory
        self.limits = limits or Limits()
        self.stats = ServerStats()
        self.buffer = bytearray(HEADROOM + READ_BYTES)
        self.loop: asyncio.AbstractEventLoop
        self._server: asyncio.Server | None = None
        self._place: Place | None = None  # while started
        self._connections: set[Connection] = set()
        self._peers: Counter[str] = Counter()
        self._empty = asyncio.Event()
        self._empty.set()
        self._timer: asyncio.TimerHandle | None = None

    async def start(self, host: str, port: int, *, reuse_port: bool = False, backlog: int = 512) -> None:
        """Listen; OSError when the address is taken. Port 0 takes a free one, see `port`."""
        self.loop = asyncio.get_running_loop()
        self._server = await self._listen_at(Place(host, port, reuse_port, backlog))
        port = int(self._server.sockets[0].getsockname()[1])
        self._place = Place(host, port, reuse_port, backlog)
        self._tick()

    @property
    def port(self) -> int:
        """The port it was started on."""
        assert self._place is not None, "not started"
        return self._place.port

    @property
    def listening(self) -> bool:
        return self._server is not None

    def stop_listening(self) -> None:
        """Take no new connection; those that are there stay."""
        if self._server is not None:
            server, self._server = self._server, None
            server.close()

    async def listen(self) -> None:
        """Take connections again, on the same port; OSError when somebody else has it."""
        if self._server is None and self._place is not None:
            self._server = await self._listen_at(self._place)

    async def close(self) -> None:
        """Stop listening, drop every connection, wait until their sinks are closed. May be called again."""
        if self._place is None:
            return
        self._place = None
        server = self._server
        self.stop_listening()
        if self._timer is not None:
            self._timer.cancel()
        asked = [one.role.task for one in self._connections if one.role.task is not None]
        self.close_connections("server closing")
        async with asyncio.timeout(CLOSE_SECONDS):
            await self._empty.wait()
            if server is not None:
                await server.wait_closed()
        if asked:
            await asyncio.wait(asked, timeout=CLOSE_SECONDS)

    def close_connections(self, reason: str) -> None:
        """Drop everybody now, and go on listening."""
        for connection in list(self._connections):
            connection.stop(reason)

    def enter(self, connection: Connection) -> str:
        """Count a new connection; the reason why it may not stay, or ""."""
        full = len(self._connections) >= self.limits.connections
        crowded = self._peers[connection.peer] >= self.limits.connections_per_peer
        self._connections.add(connection)
        self._peers[connection.peer] += 1
        self._empty.clear()
        self.stats.accepted += 1
        self.stats.connections = len(self._connections)
        if full:
            return "refused: too many connections"
        return "refused: too many connections of one address" if crowded else ""

    def leave(self, connection: Connection) -> None:
        """Count it out."""
        self._connections.discard(connection)
        self._peers[connection.peer] -= 1
        if not self._peers[connection.peer]:
            del self._peers[connection.peer]
        self.stats.connections = len(self._connections)
        if not self._connections:
            self._empty.set()

    async def _listen_at(self, place: Place) -> asyncio.Server:
        return await self.loop.create_server(
            lambda: Connection(self),
            place.host,
            place.port,
            backlog=place.backlog,
            reuse_port=place.reuse_port or None,
        )

    def _tick(self) -> None:
        # First: whatever a tick does, the other connections must not lose their time-outs.
        self._timer = self.loop.call_later(self.limits.tick_seconds, self._tick)
        now = self.loop.time()
        for connection in list(self._connections):
            try:
                connection.tick(now)
            except Exception:
                log.exception("an rtmp connection could not be looked after")
                connection.stop("internal error")
