"""Helpers for tests of the client: targets, a sink that remembers, and servers that speak prepared bytes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from snapplatform.rtmp import ClientLimits, PullTarget, RtmpUrl, messages
from tests.unit.rtmp.wire import METADATA, Writer, some_media

QUICK = ClientLimits(
    connect_seconds=0.3,
    handshake_seconds=0.3,
    answer_seconds=0.3,
    silence_seconds=0.3,
    video_seconds=0.3,
    keyframe_seconds=0.6,
    tick_seconds=0.02,
)
SHAKE = bytes((3,)) + bytes(1536) + bytes(1536)
C0_C1_C2 = 1 + 1536 + 1536

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def target(port: int, path: str = "live/cam", host: str = "127.0.0.1") -> PullTarget:
    return PullTarget(RtmpUrl.parse(f"rtmp://{host}:{port}/{path}"), "127.0.0.1")


@dataclass
class Recorder:
    """A sink. It fails the test when anything comes after its close."""

    messages: list[tuple[int, int, bytes]] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)
    patience: float = 0.02

    def take(self, kind: int, timestamp: int, payload: bytes) -> None:
        assert not self.closed
        self.messages.append((kind, timestamp, payload))
        self.came.set()

    def metadata(self, payload: bytes) -> None:
        self.take(18, 0, payload)

    def video(self, timestamp: int, payload: bytes) -> None:
        self.take(9, timestamp, payload)

    def audio(self, timestamp: int, payload: bytes) -> None:
        self.take(8, timestamp, payload)

    def close(self, reason: str) -> None:
        self.closed.append(reason)


@asynccontextmanager
async def scripted(handler: Handler) -> AsyncIterator[int]:
    """The port of a server that lets `handler` do what it likes with each connection."""
    tasks: set[asyncio.Task[None]] = set()

    async def run(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handler(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client left first
        finally:
            writer.close()

    def arrived(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(run(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(arrived, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def saying(data: bytes) -> Handler:
    """A server that says `data`, whatever it is told, and then waits for the client to go."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await reader.read(-1)

    return handler


def every(interval: float, *pieces: bytes, before: bytes = b"") -> Handler:
    """A server that repeats one of `pieces` after the other."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(before)
        while True:
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(interval)

    return handler


def result(transaction: float, *values: object) -> bytes:
    return Writer().command("_result", transaction, *values)


def status(code: str, level: str = "status", name: str = "onStatus") -> bytes:
    return Writer().command(name, 0.0, None, {"level": level, "code": code}, stream_id=1)


CONNECTED = SHAKE + result(1.0, None, {"level": "status", "code": "NetConnection.Connect.Success"})
CREATED = CONNECTED + result(2.0, None, 1.0)
PLAYING = CREATED + status("NetStream.Play.Start")


def playing_session(chunk_size: int = 4096) -> bytes:
    """All that a server says of a stream that ends."""
    writer = Writer()
    return (
        CONNECTED
        + writer.message(2, 5, 0, 0, (2_500_000).to_bytes(4, "big"))
        + writer.set_chunk_size(chunk_size)
        + result(2.0, None, 1.0)
        + messages.user_control(messages.STREAM_BEGIN, 1)
        + status("NetStream.Play.Reset")
        + status("NetStream.Play.Start")
        + writer.message(5, 18, 0, 1, METADATA)
        + writer.media(some_media())
        + messages.user_control(messages.PING_REQUEST, 77)
        + writer.command("onStatus", 0.0, None, {"code": "NetStream.Play.UnpublishNotify"}, stream_id=1)
    )
