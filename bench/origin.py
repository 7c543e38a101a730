"""A process that relays what is published to it: where the peers pull from. Its CPU counts for nobody.

Prints the port it took. It is our own server and hub, without jobs and database.
"""

from __future__ import annotations

import asyncio
import itertools
import uuid
from collections.abc import Callable

import django
import uvloop

django.setup()  # before what has models

from snapplatform.rtmp import Limits, Player, Refused, RtmpServer, StreamAddress  # noqa: E402
from snapplatform.streams.hub import Hub  # noqa: E402
from snapplatform.streams.live import Held  # noqa: E402
from snapplatform.streams.livestream import LiveStream  # noqa: E402


class Relay:
    """Lets everybody publish and play. Implements rtmp's Directory."""

    def __init__(self) -> None:
        self._hub = Hub()
        self._epochs = itertools.count(1)

    async def publish(self, address: StreamAddress, stop: Callable[[str], None]) -> LiveStream:
        held = Held(uuid.uuid4(), 1, address.name, uuid.uuid4(), next(self._epochs), 0)
        stream = LiveStream(held, ring_bytes=8 << 20, on_close=lambda closed, _: self._hub.remove(closed))
        self._hub.add(stream)
        return stream

    async def play(self, address: StreamAddress, player: Player) -> Place:
        stream = self._hub.find(1, address.name)
        if stream is None:
            raise Refused("NetStream.Play.StreamNotFound", f"Nobody publishes {address.name!r} here.")
        stream.audience.attach(player)
        return Place(stream, player)


class Place:
    """A player's place at its stream."""

    def __init__(self, stream: LiveStream, player: Player) -> None:
        self._stream, self._player = stream, player

    def close(self) -> None:
        self._stream.audience.detach(self._player)


async def main() -> None:
    server = RtmpServer(Relay(), Limits())
    await server.start("127.0.0.1", 0)
    print(server.port, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main())
