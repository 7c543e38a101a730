"""An encoder whose every byte a figure chooses: a publisher over real RTMP that may also misbehave."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from random import Random
from types import TracebackType
from typing import Self

from bench import wire
from bench.content import Message
from snapplatform.rtmp import messages
from snapplatform.rtmp.messages import AUDIO, AUDIO_CHUNK_STREAM, VIDEO_CHUNK_STREAM

CHUNK = 4096
ANSWER_SECONDS = 15.0
HELLO = bytes((3,)) + bytes(8) + Random(1).randbytes(wire.HANDSHAKE_BYTES - 8)


class Encoder:
    """`async with Encoder(port, "name") as encoder: await encoder.send(messages)`; `accepted`: the answer."""

    def __init__(self, port: int, name: str) -> None:
        self._port = port
        self.name = name
        self.answers = b""

    async def __aenter__(self) -> Self:
        await self.connect()
        await self.publish()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def connect(self) -> None:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self._port)

    async def publish(self) -> None:
        """Handshake, connect, publish; returns when the server said yes or no, or went."""
        async with asyncio.timeout(ANSWER_SECONDS):
            self.writer.write(HELLO)
            answer = await self.reader.readexactly(1 + 2 * wire.HANDSHAKE_BYTES)
            self.writer.write(answer[1 : 1 + wire.HANDSHAKE_BYTES] + commands(self._port, self.name))
            while b"description" not in self.answers.partition(b"onStatus")[2]:
                data = await self.reader.read(4096)
                if not data:
                    return
                self.answers += data

    @property
    def accepted(self) -> bool:
        return b"NetStream.Publish.Start" in self.answers.partition(b"onStatus")[2]

    async def send(self, what: Iterable[Message], at: int = 0) -> None:
        """All of it now; times count from `at` ms."""
        self.writer.write(chunks(what, at))
        await self.writer.drain()

    async def gone(self) -> None:
        """Wait until the server has closed the connection."""
        try:
            while await self.reader.read(4096):
                pass
        except ConnectionError:
            pass

    def close(self) -> None:
        self.writer.close()


def commands(port: int, name: str) -> bytes:
    """All that an encoder says between its handshake and its media, in one go."""
    return wire.connect(port) + wire.announce(name, CHUNK) + wire.publish(name, 1)


def chunks(what: Iterable[Message], at: int = 0) -> bytes:
    """Messages with full headers, cut into chunks."""
    return b"".join(
        messages.encode_message(
            AUDIO_CHUNK_STREAM if one.kind == AUDIO else VIDEO_CHUNK_STREAM,
            one.kind,
            at + one.time,
            1,
            one.body,
            CHUNK,
        )
        for one in what
    )
