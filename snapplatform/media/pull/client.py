"""The client for all that PyAV reads: plays streams of other servers into sinks, through child processes."""

import asyncio
import logging
import socket
from collections.abc import Sequence
from functools import partial

from snapplatform.net import Network, resolve
from snapplatform.net.ending import EndKind, PullEnd
from snapplatform.net.pulls import Pulls

from .connection import AvConnection
from .fleet import Fleet, Seat
from .interface import Sink
from .limits import AvLimits
from .permission import Permission, Resolver
from .processes import ReaderDied
from .schemes import AvUrl
from .stats import AvStats
from .wire import Order

log = logging.getLogger("snapplatform.media")


class AvPull:
    """Use from one event loop; close() at the end. `allowed` are networks that streams may reach besides
    public ones; `resolver` is for tests."""

    def __init__(
        self,
        limits: AvLimits | None = None,
        *,
        allowed: Sequence[Network] = (),
        resolver: Resolver | None = None,
    ) -> None:
        self.limits = limits or AvLimits()
        self.stats = AvStats()
        self._resolver = resolver or partial(resolve, allowed=allowed, deadline=self.limits.lookup_seconds)
        self._fleet = Fleet(self.limits, self.stats)
        self._pulls = Pulls(
            self.stats,
            connect_seconds=self.limits.start_seconds,
            tick_seconds=self.limits.tick_seconds,
            tls=None,
        )
        self._tidying: asyncio.TimerHandle | None = None

    @property
    def pids(self) -> list[int]:
        """Of the processes that read, for measuring."""
        return self._fleet.pids

    async def pull(
        self, url: AvUrl, sink: Sink, *, until_keyframe: bool = False, keyframes_only: bool = False
    ) -> PullEnd:
        """Play until it ends, and say how; nothing is raised but CancelledError. However it ends, the sink is
        told once, with the same reason. With `until_keyframe` it leaves after the first keyframe, with
        `keyframes_only` everything else is left out. Cancelling drops the stream at once."""
        permission = Permission(self._resolver, self.limits)
        connection = AvConnection(
            url, sink, permission, limits=self.limits, stats=self.stats, until_keyframe=until_keyframe
        )
        pull = _Pull(self, url, connection, permission, until_keyframe, keyframes_only)
        log.info("pull open url=%s", url.redacted)
        try:
            return await self._pulls.attend(connection, pull.open())
        finally:
            pull.leave()
            end = connection.done.result()
            log.info("pull closed url=%s reason=%r bytes_in=%d", url.redacted, str(end), end.bytes_in)

    async def close(self) -> None:
        """End all processes; streams that are still pulled end with them."""
        if self._tidying is not None:
            self._tidying.cancel()
            self._tidying = None
        await self._fleet.close()

    async def seat(self, url: AvUrl, sock: socket.socket) -> Seat:
        seat = await self._fleet.seat(url.full, sock, alone=url.way.alone)
        if self._tidying is None:
            self._tidy_later()
        return seat

    def leave(self, url: AvUrl, seat: Seat, *, died: bool, cut: bool) -> None:
        self._fleet.leave(seat, url.full, died=died, cut=cut)

    def _tidy_later(self) -> None:
        loop = asyncio.get_running_loop()
        self._tidying = loop.call_later(self.limits.tick_seconds, self._tidy)

    def _tidy(self) -> None:
        self._fleet.tidy()
        self._tidying = None
        if not self._fleet.empty:
            self._tidy_later()


class _Pull:
    """One stream's way into a process and out of it."""

    def __init__(
        self,
        client: AvPull,
        url: AvUrl,
        connection: AvConnection,
        permission: Permission,
        until_keyframe: bool,
        keyframes_only: bool,
    ) -> None:
        self._client = client
        self._url = url
        self._connection = connection
        self._permission = permission
        self._modes = until_keyframe, keyframes_only
        self._seat: Seat | None = None

    async def open(self) -> PullEnd | None:
        addresses = await self._permission.first(self._url)
        if isinstance(addresses, PullEnd):
            return addresses
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                async with asyncio.timeout(self._client.limits.start_seconds):
                    self._seat = await self._client.seat(self._url, theirs)
                ours.setblocking(False)
                loop = asyncio.get_running_loop()
                await loop.create_unix_connection(lambda: self._connection, sock=ours)
            except (ReaderDied, TimeoutError) as error:
                ours.close()
                log.error("%s: no process to read it: %s", self._url.redacted, error)
                return PullEnd(EndKind.INTERNAL, "no process to read it")
            except BaseException:
                ours.close()
                raise
        if not self._connection.done.done():
            self._connection.order(self._order(addresses))
        return None

    def leave(self) -> None:
        connection = self._connection
        if self._seat is not None:
            self._client.leave(self._url, self._seat, died=connection.died, cut=not connection.said_end)

    def _order(self, addresses: list[str]) -> Order:
        limits = self._client.limits
        until_keyframe, keyframes_only = self._modes
        url = self._url
        return Order(
            url=url.full,
            user=url.user,
            password=url.password,
            addresses=addresses,
            until_keyframe=until_keyframe,
            keyframes_only=keyframes_only,
            silence_seconds=limits.silence_seconds,
            unit_bytes=limits.unit_bytes,
            redirects=limits.redirects,
        )
