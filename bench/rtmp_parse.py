"""What RTMP ingest costs: the parser alone, then whole sockets. python -m bench.rtmp_parse [--streams N]

One stream is 1080p30 at 4 Mb/s with a GOP of 2 s and AAC (43 messages a second). "CPU" is the percentage
of one core for one stream. The first table feeds ready bytes in reads of three sizes; the second runs a
server in this process and publishers, paced in real time, in a child process.
"""

import argparse
import asyncio
import multiprocessing
import multiprocessing.synchronize
import time
from collections.abc import Callable

from snapplatform.rtmp import Limits, RtmpServer, StreamAddress
from snapplatform.rtmp.chunk_reader import ChunkReader
from tests.unit.rtmp.wire import HANDSHAKE, Writer

CHUNK_SIZES = (128, 4096, 60000)
KEYFRAME_BYTES, FRAME_BYTES, AUDIO_BYTES = 130_000, 14_750, 370


def frames(writer: Writer, seconds: int) -> list[bytes]:
    """The wire form of each thirtieth of a second, with the sound that belongs to it."""
    parts, sounds = [], 0
    for number in range(seconds * 30):
        size = KEYFRAME_BYTES if number % 60 == 0 else FRAME_BYTES
        body = (b"\x17" if number % 60 == 0 else b"\x27") + b"\x01\0\0\0" + bytes(size - 5)
        wire = writer.message(6, 9, number * 33, 1, body)
        while sounds * 30 < number * 43:
            wire += writer.message(4, 8, sounds * 23, 1, b"\xaf\x01" + bytes(AUDIO_BYTES))
            sounds += 1
        parts.append(wire)
    return parts


def parse(chunk_size: int, read: int) -> tuple[float, float]:
    """ns per message and percent of a core for a stream."""
    media_seconds = 10
    data = b"".join(frames(Writer(chunk_size), media_seconds))
    count = 0

    def take(kind: int, timestamp: int, stream_id: int, payload: bytes) -> None:
        nonlocal count
        count += 1

    best = 1e9
    for _ in range(5):
        count = 0
        reader = ChunkReader(take, Limits())
        reader.message_bytes = reader.partial_bytes = 8 << 20
        reader.chunk_size = chunk_size
        buffer = bytearray(32 + read)
        rest = b""
        begin = time.process_time()
        for at in range(0, len(data), read):
            piece = data[at : at + read]
            buffer[32 : 32 + len(piece)] = piece
            buffer[32 - len(rest) : 32] = rest
            pos, end = 32 - len(rest), 32 + len(piece)
            stopped = reader.feed(buffer, pos, end)
            while reader.tired:
                stopped = reader.feed(buffer, stopped, end)
            rest = bytes(buffer[stopped:end])
        best = min(best, time.process_time() - begin)
    return best / count * 1e9, best / media_seconds * 100


class Nothing:
    """A directory and sink that keep nothing."""

    patience = 0.2

    def __init__(self) -> None:
        self.messages = 0

    async def publish(self, address: StreamAddress, stop: Callable[[str], None]) -> "Nothing":
        return self

    async def play(self, address: StreamAddress, player: object) -> "Nothing":
        raise NotImplementedError

    def metadata(self, payload: bytes) -> None: ...

    def video(self, timestamp: int, payload: bytes) -> None:
        self.messages += 1

    audio = video

    def close(self, reason: str = "") -> None: ...


def publishers(port: int, count: int, chunk_size: int, seconds: float) -> None:
    """The child process: `count` connections, phases spread over a frame."""

    async def publisher(number: int, parts: list[bytes]) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        client = Writer()
        hello = (
            HANDSHAKE + client.connect() + client.set_chunk_size(chunk_size) + client.publish(f"s{number}")
        )
        writer.write(hello)
        drain = asyncio.create_task(reader.read(-1))
        start = time.monotonic() + 0.5 + number / count / 30
        for index in range(int(seconds * 30)):
            await asyncio.sleep(max(0.0, start + index / 30 - time.monotonic()))
            writer.write(parts[index % len(parts)])
        drain.cancel()
        writer.close()

    async def main() -> None:
        parts = frames(Writer(chunk_size), 2)
        await asyncio.gather(*(publisher(number, parts) for number in range(count)))

    asyncio.run(main())


async def serve(count: int, chunk_size: int, seconds: float) -> tuple[float, float]:
    """Percent of a core per stream, and messages that came of 100 that were due."""
    sink = Nothing()
    server = RtmpServer(sink, Limits(connections=count + 10, connections_per_peer=count + 10))
    await server.start("127.0.0.1", 0)
    child = multiprocessing.get_context("spawn").Process(
        target=publishers, args=(server.port, count, chunk_size, seconds + 1.5)
    )
    child.start()
    try:
        while server.stats.publishers < count:
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.7)
        cpu, came, begin = time.process_time(), sink.messages, time.monotonic()
        await asyncio.sleep(seconds)
        took = time.monotonic() - begin
        cpu, came = time.process_time() - cpu, sink.messages - came
    finally:
        await server.close()
        child.kill()
        child.join()
    return cpu / took / count * 100, came / (took * count * 73) * 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=3.0)
    options = parser.parse_args()
    print("parser alone   chunk     read  ns/message  CPU %/stream")
    for chunk_size in CHUNK_SIZES:
        for read in (1448, 16384, 65536):
            ns, cpu = parse(chunk_size, read)
            print(f"{'':14} {chunk_size:>5} {read:>8} {ns:>11.0f} {cpu:>13.4f}")
    import uvloop

    print(f"sockets, {options.streams} streams   loop     chunk  CPU %/stream  arrived %")
    for name, run in (("asyncio", asyncio.run), ("uvloop", uvloop.run)):
        for chunk_size in CHUNK_SIZES:
            cpu, came = run(serve(options.streams, chunk_size, options.seconds))
            print(f"{'':21} {name:>8} {chunk_size:>7} {cpu:>13.3f} {came:>10.0f}")


if __name__ == "__main__":
    main()
