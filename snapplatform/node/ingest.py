"""Who may publish and play here: the directory that the RTMP server asks."""

import asyncio
import ipaddress
import logging
from collections.abc import Callable, Coroutine
from functools import partial
from uuid import UUID

from django.conf import settings

from jobs import waiting
from jobs.capture import STREAM_OFFLINE
from snapplatform import clock
from snapplatform.errors import AlreadyPublished, InvalidValue, PermissionRefused
from snapplatform.node.threads import DatabaseThread
from snapplatform.rtmp.interface import Player, Refused, Sink, StreamAddress, Subscription
from snapplatform.streams import live
from snapplatform.streams.addresses import APP
from snapplatform.streams.hub import Hub, LiveStream
from snapplatform.streams.live import Held

log = logging.getLogger("snapplatform.node")

# A live encoder sends audio or video many times a second; nothing for this long means that it is gone.
SILENT_SECONDS = 3.0


class Ingest:
    """Implements rtmp.interface.Directory with the database behind it."""

    def __init__(
        self, node_id: UUID, hub: Hub, database: DatabaseThread, *, on_live: Callable[[], None]
    ) -> None:
        self._node_id = node_id
        self._hub = hub
        self._database = database
        self._on_live = on_live
        self._tasks: set[asyncio.Task[None]] = set()
        self._stops: dict[UUID, Callable[[str], None]] = {}

    async def publish(self, address: StreamAddress, stop: Callable[[str], None]) -> Sink:
        """Raises Refused: Unauthorized without a right key, BadName for a bad name or a second publisher."""
        bad_name = "NetStream.Publish.BadName"
        account_id = await self._admit(
            address, "snap:PublishStream", bad_name, "NetStream.Publish.Unauthorized"
        )
        await self._replace_silent(account_id, address.name)
        try:
            held = await self._go_live(account_id, address)
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
        account_id = await self._admit(
            address, "snap:PlayStream", "NetStream.Play.StreamNotFound", "NetStream.Play.Failed"
        )
        stream = self._hub.find(account_id, address.name)
        if stream is None:
            raise Refused("NetStream.Play.StreamNotFound", f"Nobody publishes {address.name!r} here.")
        stream.attach(player)
        return _Subscription(stream, player)

    def drop(self, stream_id: UUID, reason: str) -> None:
        """Close the publisher's connection."""
        if stop := self._stops.get(stream_id):
            stop(reason)

    async def settle(self) -> None:
        """Wait until every stream that ended is offline in the database too."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _replace_silent(self, account_id: int, name: str) -> None:
        """An encoder that lost its network comes back before its old connection times out: let it in."""
        stream = self._hub.find(account_id, name)
        if stream is not None and clock.monotonic() - stream.touched > SILENT_SECONDS:
            self.drop(stream.held.stream_id, "replaced by a new connection")
            await self.settle()

    async def _go_live(self, account_id: int, address: StreamAddress) -> Held:
        """Take the stream. If the peer leaves while the database is asked, the stream is given back."""
        take = partial(
            live.go_live,
            node_id=self._node_id,
            account_id=account_id,
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

    async def _admit(self, address: StreamAddress, action: str, bad_name: str, unauthorized: str) -> int:
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
        try:
            await self._database.run(_go_offline, held, reason)
        except Exception:  # the duty that looks for dead nodes' streams, or the next publisher, mends the row
            log.exception("stream %s could not be put offline", held.name)


def _go_offline(held: Held, reason: str) -> None:
    if live.go_offline(held, reason):
        waiting.set_waiting(held.stream_id, STREAM_OFFLINE)


class _Subscription:
    def __init__(self, stream: LiveStream, player: Player) -> None:
        self._stream, self._player = stream, player

    def close(self) -> None:
        self._stream.detach(self._player)


def _is_loopback(peer: str) -> bool:
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
