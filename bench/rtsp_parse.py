"""What pulled RTSP costs: the parser alone, then whole sockets. python -m bench.rtsp_parse [--streams N]

One stream is 1080p30 at 4 Mb/s with a GOP of 2 s, in packets of 1400 bytes over TCP, as cameras send it.
"CPU" is the percentage of one core for one stream, "KiB" what each added to this process without what the
sink keeps (the first row tells; later ones use its memory again). The first table feeds ready bytes in reads
of three sizes; the second pulls from a server, paced in real time, in a child process.
"""

import argparse
import asyncio
import cProfile
import multiprocessing
import multiprocessing.connection
import time

import psutil

from snapplatform.rtsp import ClientLimits, ClientStats, PullClient, PullTarget, RtspUrl
from snapplatform.rtsp.playback import Playback
from snapplatform.rtsp.reading import HEADROOM, Splitter
from snapplatform.rtsp.sdp import read_sdp
from snapplatform.rtsp.transport import Channels
from tests.unit.rtsp.packets import Packer, interleaved
from tests.unit.rtsp.server import SDP, Server, listening

KEYFRAME_BYTES, FRAME_BYTES, GOP = 130_000, 14_750, 60
SPS = bytes.fromhex("674d4028965201e0089f97016a020202800001f480007530074300027102000138812ef2e034")
PPS = bytes.fromhex("68eb735200")
DESCRIPTION = SDP.format(parameters="")


class Nothing:
    """A sink that keeps nothing."""

    def __init__(self, patience: float = 0.02) -> None:
        self.patience = patience
        self.units = 0

    def on_config(self, codec: str, extradata: bytes) -> None: ...

    def on_access_unit(
        self, pts_ms: int, dts_ms: int, keyframe: bool, data: bytes, source_time: float | None
    ) -> None:
        self.units += 1

    def on_end(self, reason: str) -> None: ...

    def write(self, data: bytes) -> None: ...

    def finish(self, end: object) -> None: ...


def frames(seconds: int) -> list[bytes]:
    """The wire form of each thirtieth of a second."""
    packer, parts = Packer(), []
    for number in range(seconds * 30):
        if number % GOP:
            nals = [b"\x41\x9a" + bytes(FRAME_BYTES - 2)]
        else:
            nals = [SPS, PPS, b"\x65\x88" + bytes(KEYFRAME_BYTES - 2)]
        parts.append(b"".join(map(interleaved, packer.unit(nals, number * 3000))))
    return parts


def parse(data: bytes, read: int, media_seconds: int) -> tuple[float, float, float]:
    """us per frame, ns per packet, and percent of a core for a stream."""
    best, units, packets = 1e9, 0, 0
    for _ in range(5):
        sink, limits = Nothing(), ClientLimits()
        splitter = Splitter(lambda message: None, limits)
        playback = Playback(
            sink, sink, None, time.monotonic, splitter.channels, limits=limits, stats=ClientStats()
        )
        playback.described(read_sdp(DESCRIPTION.encode()))
        playback.set_up(0, Channels(0, 1))
        buffer, rest = bytearray(HEADROOM + read), b""
        begin = time.process_time()
        for at in range(0, len(data), read):
            piece = data[at : at + read]
            buffer[HEADROOM : HEADROOM + len(piece)] = piece
            start, end = HEADROOM - len(rest), HEADROOM + len(piece)
            buffer[start:HEADROOM] = rest
            stopped = splitter.feed(buffer, start, end)
            rest = bytes(buffer[stopped:end])
        best = min(best, time.process_time() - begin)
        assert playback._video is not None
        units, packets = sink.units, playback._video.source.received
    assert units >= media_seconds * 30 - 1
    return best / units * 1e6, best / packets * 1e9, best / media_seconds * 100


def serve(pipe: multiprocessing.connection.Connection, seconds: float) -> None:
    """The child process: a server whose players each get the stream at their own time."""

    async def main() -> None:
        parts = frames(int(seconds))
        origin = time.monotonic()
        number = 0

        async def play(writer: asyncio.StreamWriter) -> None:
            nonlocal number
            number += 1
            begin = time.monotonic() + number * 0.618 % 1 / 30
            for index, part in enumerate(parts):
                await asyncio.sleep(max(0.0, begin + index / 30 - time.monotonic()))
                writer.write(part)

        async with listening(Server(DESCRIPTION, play)) as port:
            pipe.send(port)
            await asyncio.sleep(seconds + origin - time.monotonic())

    asyncio.run(main())


async def pull(count: int, seconds: float, patience: float) -> tuple[float, float, float]:
    """Percent of a core per stream, KiB of memory per stream, and frames that came of 100 that were due."""
    ours, theirs = multiprocessing.Pipe()
    child = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs, seconds + 12))
    child.start()
    try:
        port = await asyncio.to_thread(ours.recv)
        client, sink = PullClient(), Nothing(patience)
        url = RtspUrl.parse(f"rtsp://127.0.0.1:{port}/cam")
        memory = psutil.Process().memory_info().rss
        pulls = [asyncio.create_task(client.pull(PullTarget(url, "127.0.0.1"), sink)) for _ in range(count)]
        await asyncio.sleep(4)  # until the reads are gathered
        cpu, came, begin = time.process_time(), sink.units, time.monotonic()
        await asyncio.sleep(seconds)
        took = time.monotonic() - begin
        cpu, came = time.process_time() - cpu, sink.units - came
        memory = psutil.Process().memory_info().rss - memory
        for one in pulls:
            one.cancel()
        await asyncio.gather(*pulls, return_exceptions=True)
    finally:
        child.kill()
        child.join()
    return cpu / took / count * 100, memory / count / 1024, came / (took * count * 30) * 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--profile", action="store_true", help="where the parser's time goes, and no more")
    options = parser.parse_args()
    data = b"".join(frames(10))
    if options.profile:
        cProfile.runctx("parse(data, 16384, 10)", globals(), {"data": data}, sort="tottime")
        return
    print("parser alone     read  us/frame  ns/packet  CPU %/stream")
    for read in (1448, 16384, 65536):
        frame_us, packet_ns, cpu = parse(data, read, 10)
        print(f"{'':14} {read:>6} {frame_us:>9.1f} {packet_ns:>10.0f} {cpu:>13.4f}")
    import uvloop

    print(f"sockets, {options.streams} streams   loop  patience  CPU %/stream  KiB/stream  arrived %")
    for name, run in (("asyncio", asyncio.run), ("uvloop", uvloop.run)):
        for patience in (0.0, 0.02, 0.2):
            cpu, memory, came = run(pull(options.streams, options.seconds, patience))
            print(f"{'':20} {name:>8} {patience:>9} {cpu:>13.3f} {memory:>11.0f} {came:>10.0f}")


if __name__ == "__main__":
    main()
