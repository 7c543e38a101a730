"""The RTMP client: plays streams of other servers into sinks."""

import asyncio
import logging
import os
import socket
import ssl

from snapplatform.rtmp.ending import EndKind, PullEnd
from snapplatform.rtmp.host import HEADROOM
from snapplatform.rtmp.interface import Sink
from snapplatform.rtmp.limits import ClientLimits
from snapplatform.rtmp.pull_connection import PullConnection
from snapplatform.rtmp.stats import ClientStats
from snapplatform.rtmp.url import PullTarget

READ_BYTES = 256 * 1024
# The kernel takes that much before anybody reads: where one keyframe is wanted, little is to come after it.
# Enough for 4 Mb/s at a distance of 200 ms.
KEYFRAME_WINDOW = 128 * 1024

log = logging.getLogger("snapplatform.rtmp")


class PullClient:
    """Use from one event loop. All its pulls share one receive buffer and one timer, so a pull costs little.

    `tls` is for rtmps; without it the system's authorities are asked. Either way the host name is checked.
    """

    def __init__(self, limits: ClientLimits | None = None, tls: ssl.SSLContext | None = None) -> None:
        self.limits = limits or ClientLimits()
        self.stats = ClientStats()
        self._tls = tls
        self._buffer = bytearray(HEADROOM + READ_BYTES)
        self._connections: set[PullConnection] = set()
        self._timer: asyncio.TimerHandle | None = None

    async def pull(self, target: PullTarget, sink: Sink, *, until_keyframe: bool = False) -> PullEnd:
        """Play until it ends, and say how; nothing is raised but CancelledError. However it ends, the sink is
        closed once, with the same reason. With `until_keyframe` it leaves after the first keyframe that can
        be decoded. Cancelling drops the connection at once."""
        connection = PullConnection(
            target.url,
            sink,
            limits=self.limits,
            stats=self.stats,
            buffer=self._buffer,
            until_keyframe=until_keyframe,
        )
        self._enter(connection)
        log.info("rtmp pull open url=%s", target.url.redacted)
        try:
            await self._connect(connection, target, KEYFRAME_WINDOW if until_keyframe else 0)
            return await asyncio.shield(connection.done)
        finally:
            connection.finish(PullEnd(EndKind.CANCELLED))
            self._leave(connection)
            end = connection.done.result()
            log.info(
                "rtmp pull closed url=%s reason=%r bytes_in=%d", target.url.redacted, str(end), end.bytes_in
            )

    async def _connect(self, connection: PullConnection, target: PullTarget, window: int) -> None:
        """TCP and TLS; what goes wrong ends the connection."""
        try:
            async with asyncio.timeout(self.limits.connect_seconds):
                await self._open(connection, target, window)
        except TimeoutError:
            connection.finish(PullEnd(EndKind.CONNECT_TIMEOUT))
        except ssl.SSLCertVerificationError as error:
            connection.finish(PullEnd(EndKind.TLS, error.verify_message))
        except ssl.SSLError as error:
            connection.finish(PullEnd(EndKind.TLS, error.reason or ""))
        except OSError as error:
            detail = os.strerror(error.errno) if error.errno else "closed by the server"
            connection.finish(PullEnd(EndKind.UNREACHABLE, detail))

    async def _open(self, connection: PullConnection, target: PullTarget, window: int) -> None:
        loop = asyncio.get_running_loop()
        sock = socket.socket(socket.AF_INET6 if ":" in target.address else socket.AF_INET)
        try:
            sock.setblocking(False)
            if window:  # before connecting: it goes into the first packet
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
            await loop.sock_connect(sock, (target.address, target.url.port))
            await loop.create_connection(
                lambda: connection,
                sock=sock,
                ssl=self._tls_context() if target.url.secure else None,
                server_hostname=target.url.host if target.url.secure else None,
            )
        except BaseException:
            sock.close()
            raise

    def _tls_context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = ssl.create_default_context()
        return self._tls

    def _enter(self, connection: PullConnection) -> None:
        self._connections.add(connection)
        self.stats.pulls = len(self._connections)
        if self._timer is None:
            self._wait(asyncio.get_running_loop())

    def _leave(self, connection: PullConnection) -> None:
        self._connections.discard(connection)
        self.stats.pulls = len(self._connections)
        if not self._connections and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wait(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = loop.call_later(self.limits.tick_seconds, self._tick, loop)

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for connection in list(self._connections):
            connection.tick(now)
        self._wait(loop)
