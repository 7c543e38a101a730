"""A server on a free port for the length of a test, and a client that speaks prepared bytes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from snapplatform.rtmp import Directory, Limits, RtmpServer
from tests.unit.rtmp.wire import HANDSHAKE, Writer, statuses

PATIENCE = 10.0  # seconds; a ceiling, no test needs it


@asynccontextmanager
async def serving(directory: Directory, limits: Limits | None = None) -> AsyncIterator[RtmpServer]:
    server = RtmpServer(directory, limits)
    await server.start("127.0.0.1", 0)
    try:
        yield server
    finally:
        await server.close()
        assert server.stats.connections == server.stats.publishers == server.stats.players == 0


class Client:
    """What came from the server is in `received`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.received = b""
        self._reader = reader
        self._writer = writer

    def send(self, data: bytes) -> None:
        self._writer.write(data)

    async def until(self, done: Callable[[bytes], bool]) -> bytes:
        """Read until `done(received)`; fails when the server closes before."""
        async with asyncio.timeout(PATIENCE):
            while not done(self.received):
                piece = await self._reader.read(65536)
                assert piece, f"closed early, after {len(self.received)} bytes"
                self.received += piece
        return self.received

    async def until_closed(self) -> bytes:
        """Read until the server closes or resets the connection."""
        async with asyncio.timeout(PATIENCE):
            try:
                while piece := await self._reader.read(65536):
                    self.received += piece
            except ConnectionError:
                pass
        return self.received

    async def close(self) -> None:
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except ConnectionError:
            pass


@asynccontextmanager
async def client(server: RtmpServer) -> AsyncIterator[Client]:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    one = Client(reader, writer)
    try:
        yield one
    finally:
        await one.close()


async def eventually(condition: Callable[[], object]) -> None:
    """Wait for what another task of the loop brings about."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.005)


async def publishing(one: Client, writer: Writer, name: str = "cam") -> None:
    one.send(HANDSHAKE + writer.connect() + writer.publish(name))
    await one.until(told("NetStream.Publish.Start"))


def told(code: str) -> Callable[[bytes], bool]:
    """For Client.until(): the server has said this status."""
    return lambda data: code in statuses(data)
