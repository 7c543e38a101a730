"""Servers that a pull client meets: some silent, some slow, some without a picture."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from bench.content import Message
from bench.faults.encoder import chunks
from bench.wire import HANDSHAKE_BYTES
from snapplatform.rtmp import messages
from snapplatform.rtmp.messages import AUDIO, VIDEO

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
SHAKE = bytes((3,)) + bytes(2 * HANDSHAKE_BYTES)
DRIBBLE = 0.2  # seconds a byte: 5 bytes a second
SLOWNESS = 10  # media at a tenth of its speed


def _status(code: str, stream_id: int) -> bytes:
    return messages.status(code, "", stream_id=stream_id)


PLAYING = (
    messages.control(messages.SET_CHUNK_SIZE, 4096)
    + messages.command("_result", 1, None, {"level": "status", "code": "NetConnection.Connect.Success"})
    + messages.command("_result", 2, None, 1)
    + _status("NetStream.Play.Start", 1)
)


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[int]:
    """The port of a server that treats every client so."""
    tasks: set[asyncio.Task[None]] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handler(reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    def arrived(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(talk(reader, writer))
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


@asynccontextmanager
async def black_hole() -> AsyncIterator[int]:
    """The port of a listener whose queue is full: the kernel answers no more connections, as a firewall that
    drops packets."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        waiting = []
        for _ in range(4):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
            waiting.append(one)
        await asyncio.sleep(0.2)
        try:
            yield port
        finally:
            for one in waiting:
                one.close()


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(-1)


async def shakes_hands(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """And answers no command."""
    writer.write(SHAKE)
    await reader.read(-1)


def dribbles(before: bytes, what: bytes) -> Handler:
    """Says `before` at once and `what` byte by byte."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(before)
        for byte in what:
            writer.write(bytes((byte,)))
            await writer.drain()
            await asyncio.sleep(DRIBBLE)

    return handler


def says(what: bytes) -> Handler:
    """All of it at once, then nothing more."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(what)
        await reader.read(-1)

    return handler


def plays(medium: tuple[Message, ...], *, slower: int = 1, only: int = 0) -> Handler:
    """The medium round and round, `slower` than its own time; after its first round only messages of the kind
    `only`, if one is given. It shakes hands and answers first."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(SHAKE + PLAYING)
        await play(writer, medium, slower=slower, only=only)

    return handler


async def play(
    writer: asyncio.StreamWriter, medium: tuple[Message, ...], *, slower: int = 1, only: int = 0
) -> None:
    """Send it for ever."""
    length = round_of(medium)
    clock, turn = asyncio.get_running_loop().time, 0
    began = clock()
    while True:
        for message in medium:
            if turn and only and message.kind != only:
                continue
            at = turn * length + message.time
            await asyncio.sleep(max(0.0, began + at * slower / 1000 - clock()))
            writer.write(chunks([message], turn * length))
            await writer.drain()
        turn += 1


def round_of(medium: tuple[Message, ...]) -> int:
    """Milliseconds that one round takes."""
    return max(message.time for message in medium) + 200


def sound_of(medium: tuple[Message, ...]) -> tuple[Message, ...]:
    return tuple(message for message in medium if message.kind == AUDIO)


def keyframe_last(medium: tuple[Message, ...]) -> tuple[Message, ...]:
    """The same stream, met just after a keyframe."""
    picture = [message for message in medium if message.kind == VIDEO]
    late = replace(picture[1], time=round_of(medium))
    return (picture[0], *picture[2:], late)


def first_picture(medium: tuple[Message, ...]) -> bytes:
    """Its first video messages, which a player needs to begin."""
    return chunks([message for message in medium if message.kind == VIDEO][:2])
