"""An encoder for tests: publishes what the test hands it, when the test says so, over real RTMP."""

import asyncio
from collections.abc import Iterable
from types import TracebackType

from snapplatform.media.codec import CodecConfig
from snapplatform.media.ring import Packet
from snapplatform.rtmp import messages
from tests.unit.rtmp.wire import AAC_HEADER, HANDSHAKE, Writer

HANDSHAKE_ANSWER = 1 + 2 * 1536
SOUND = b"\xaf\x01" + bytes(range(200))


class Encoder:
    """`async with Encoder(port, "name") as encoder: await encoder.video(config, packets)`."""

    def __init__(self, port: int, name: str) -> None:
        self._port = port
        self._name = name
        self._writer = Writer(chunk_size=4096)
        self._zero = 0
        self.answers = b""

    async def __aenter__(self) -> "Encoder":
        self._reader, self._socket = await asyncio.open_connection("127.0.0.1", self._port)
        await self.publish()
        return self

    async def publish(self) -> None:
        """Shake hands and ask to publish; `accepted` tells."""
        self._socket.write(HANDSHAKE)
        await self._reader.readexactly(HANDSHAKE_ANSWER)
        writer = Writer()
        self._socket.write(writer.set_chunk_size(4096) + writer.connect() + writer.publish(self._name))
        await self._answer(b"onStatus", b"description")

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    @property
    def accepted(self) -> bool:
        return b"NetStream.Publish.Start" in self.status

    @property
    def status(self) -> bytes:
        """What the server said to publish; onFCPublish comes before and means nothing."""
        return self.answers.partition(b"onStatus")[2]

    async def video(self, config: CodecConfig, packets: Iterable[Packet], *, at: int = 0) -> None:
        """The sequence header and these packets; their times start at `at` ms."""
        parts = [(messages.VIDEO, at, b"\x17\x00\x00\x00\x00" + config.extradata)]
        for packet in packets:
            head = bytes((0x17 if packet.keyframe else 0x27, 1)) + packet.cts_ms.to_bytes(
                3, "big", signed=True
            )
            parts.append((messages.VIDEO, at + packet.dts_ms, head + bytes(packet.data)))
        await self._send(parts)

    async def sound(self, count: int) -> None:
        await self._send([(messages.AUDIO, 0, AAC_HEADER)])
        await self._send([(messages.AUDIO, number * 23, SOUND) for number in range(count)])

    def abort(self) -> None:
        """Drop the connection as a killed process does."""
        self._socket.transport.abort()

    async def _send(self, parts: list[tuple[int, int, bytes]]) -> None:
        self._socket.write(self._writer.media(parts))
        await self._socket.drain()

    async def _answer(self, word: bytes, then: bytes) -> None:
        async with asyncio.timeout(10):
            while then not in self.answers.partition(word)[2]:
                data = await self._reader.read(4096)
                if not data:
                    return
                self.answers += data
