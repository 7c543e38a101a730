"""Who may publish and play here: the directory that the RTMP server asks."""

import asyncio
import ipaddress
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import chain, repeat
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError

from jobs import waiting
from jobs.capture import STREAM_OFFLINE
from snapplatform import clock
from snapplatform.errors import AlreadyPublished, InvalidValue, PermissionRefused
from snapplatform.node.threads import DatabaseThread
from snapplatform.rtmp.interface import Player, Refused, Sink, StreamAddress, Subscription
from snapplatform.streams import live
from snapplatform.streams.addresses import APP
from snapplatform.streams.hub import Hub
from snapplatform.streams.live import Admission, Held
from snapplatform.streams.livestream import LiveStream

log = logging.getLogger("snapplatform.node")

# A live encoder sends audio or video many times a second; nothing for this long means that it is gone.
SILENT_SECONDS = 3.0
RETRY_SECONDS = (0.5, 1.0, 2.0, 5.0)
CLOSED = "This node is being emptied. Connect again: another one takes you."


class Ingest:
    """Implements rtmp.interface.Directory with the database behind it."""

    def __init__(
        self, node_id: UUID, hub: Hub, database: DatabaseThread, *, on_live: Callable[[], None]
    ) -> None:
        self._node_id = node_id
        self._hub = hub
        self._database = database
        self._on_live = on_live
        self.find: Callable[[int, str], Awaitable[LiveStream | None]] = self._find  # for players
        self.closed = False  # it drains: connections that were open already may not publish any more
        self._tasks: set[asyncio.Task[None]] = set()
        self._stops: dict[UUID, Callable[[str], None]] = {}
        self._claims: set[tuple[int, str]] = set()

    async def publish(self, address: StreamAddress, stop: Callable[[str], None]) -> Sink:
        """Raises Refused: Unauthorized without a right key, BadName for a bad name or a second publisher,
        Failed while the node drains."""
        bad_name = "NetStream.Publish.BadName"
        admission = await self._admit(
            address, "snap:PublishStream", bad_name, "NetStream.Publish.Unauthorized"
        )
        if self.closed:
            raise Refused("NetStream.Publish.Failed", CLOSED)
        name = admission.account_id, address.name
        self.drop_silent(self._hub.find(*name))
        try:
            if name in self._claims or self._hub.find(*name):
                raise AlreadyPublished(address.name)
            with self._claim(name):
                held = await self._go_live(admission, address)
        except AlreadyPublished as error:
            raise Refused(bad_name, str(error)) from error
        stream = LiveStream(held, ring_bytes=settings.SNAP.ring_bytes, on_close=self._on_close)
        self._hub.add(stream)
        self._stops[held.stream_id] = stop
        self._on_live()
        log.info("stream %s is live, epoch %d", held.name, held.epoch)
        return stream

    async def play(self, address: StreamAddress, player: Player) -> Subscription:
        """Raises Refused: Failed without a right key, StreamNotFound when nobody publishes it here."""
        admission = await self._admit(
            address, "snap:PlayStream", "NetStream.Play.StreamNotFound", "NetStream.Play.Failed"
        )
        stream = await self.find(admission.account_id, address.name)
        if stream is None or stream.ended:
            raise Refused("NetStream.Play.StreamNotFound", f"Nobody publishes {address.name!r} here.")
        stream.audience.attach(player)
        return _Subscription(stream, player)

    @property
    def asking(self) -> bool:
        """Whether somebody is being admitted."""
        return bool(self._claims)

    @property
    def held(self) -> list[UUID]:
        """The streams that are published here."""
        return list(self._stops)

    async def _find(self, account_id: int, name: str) -> LiveStream | None:
        return self._hub.find(account_id, name)

    def drop(self, stream_id: UUID, reason: str) -> None:
        """Close the publisher's connection; its stream ends at once."""
        if stop := self._stops.get(stream_id):
            stop(reason)

    def drop_silent(self, stream: LiveStream | None) -> None:
        """An encoder that lost its network comes back before its old connection times out: make room."""
        if stream is not None and clock.monotonic() - stream.touched > SILENT_SECONDS:
            self.drop(stream.held.stream_id, "replaced by a new connection")

    async def settle(self) -> None:
        """Wait until every stream that ended is offline in the database too."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    @contextmanager
    def _claim(self, name: tuple[int, str]) -> Iterator[None]:
        """While the database is asked, nobody else of this node may ask for the same name."""
        self._claims.add(name)
        try:
            yield
        finally:
            self._claims.discard(name)

    async def _go_live(self, admission: Admission, address: StreamAddress) -> Held:
        """Take the stream. If the peer leaves while the database is asked, the stream is given back."""
        take = partial(
            live.go_live,
            node_id=self._node_id,
            admission=admission,
            name=address.name,
            publisher=address.peer,
        )
        asking = asyncio.ensure_future(self._database.run(take))
        try:
            return await asyncio.shield(asking)
        except asyncio.CancelledError:
            self._later(self._give_back(asking))
            raise

    async def _give_back(self, asking: "asyncio.Future[Held]") -> None:
        try:
            held = await asking
        except AlreadyPublished:
            return
        await self._go_offline(held, "its publisher left at once")

    def _later(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _admit(
        self, address: StreamAddress, action: str, bad_name: str, unauthorized: str
    ) -> Admission:
        if address.app != APP:
            raise Refused(bad_name, f"Unknown application {address.app!r}: use rtmp://HOST/{APP}/NAME.")
        is_open = settings.SNAP.ingest_open and _is_loopback(address.peer)
        key = address.query.get("key", "")
        ask = partial(live.admit, name=address.name, key=key, open_account=is_open, action=action)
        try:
            return await self._database.run(ask)
        except InvalidValue as error:
            raise Refused(bad_name, f"Bad stream name: {error.reason}.") from error
        except PermissionRefused as error:
            raise Refused(unauthorized, f"Not allowed: {error.why}.") from error

    def _on_close(self, stream: LiveStream, reason: str) -> None:
        self._hub.remove(stream)
        self._stops.pop(stream.held.stream_id, None)
        log.info("stream %s ended: %s", stream.held.name, reason)
        self._later(self._go_offline(stream.held, reason))
        self._on_live()

    async def _go_offline(self, held: Held, reason: str) -> None:
        """Until the database takes it: else the row would say live under a living node for ever."""
        for wait in chain(RETRY_SECONDS, repeat(RETRY_SECONDS[-1])):
            try:
                await self._database.run(_go_offline, held, reason)
                return
            except DatabaseError as error:
                log.warning("stream %s could not be put offline (%s); trying again", held.name, error)
            await asyncio.sleep(wait)


def _go_offline(held: Held, reason: str) -> None:
    if live.go_offline(held, reason):
        waiting.set_waiting(held.stream_id, STREAM_OFFLINE)


class _Subscription:
    def __init__(self, stream: LiveStream, player: Player) -> None:
        self._stream, self._player = stream, player

    def close(self) -> None:
        self._stream.audience.detach(self._player)


def _is_loopback(peer: str) -> bool:
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
