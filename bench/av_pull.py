"""What a stream costs that PyAV reads in child processes. python -m bench.av_pull [--streams N] [--seconds S]

One stream is 1080p30 H.264 at about 4 Mb/s with a GOP of 2 s and AAC, over HTTP from a server in a process of
its own: as FLV, as MPEG-TS, and as HLS in segments of 2 s. "Reading" is CPU of the child processes and "node"
that of this one, in percent of a core for each stream; memory is the children's, shared pages split among
them.
"""

import argparse
import asyncio
import multiprocessing
import multiprocessing.connection
import time
from contextlib import suppress
from ipaddress import ip_network
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from bench.meters import pss
from snapplatform.media.pull.client import AvPull
from snapplatform.media.pull.limits import AvLimits
from snapplatform.media.pull.schemes import AvUrl
from snapplatform.media.synthetic import Camera, publish

CAMERA = Camera(1920, 1080, 30, bitrate=4_000_000, audio=True, preset="ultrafast", noise=3)
SEGMENT_SECONDS = 2.0
WRITES_PER_SECOND = 30
WARM_SECONDS = 4.0


def prepare(folder: Path, seconds: float) -> None:
    for name, form in (("cam.flv", "flv"), ("cam.ts", "mpegts"), ("cam.m3u8", "hls")):
        publish(str(folder / name), CAMERA, seconds=seconds, realtime=False, container_format=form)


class Server:
    """Every connection gets the stream from its beginning, at its own speed."""

    def __init__(self, folder: Path, seconds: float) -> None:
        self._folder = folder
        self._seconds = seconds
        self._segments = sorted(folder.glob("cam[0-9]*.ts"), key=lambda path: int(path.stem[3:]))
        self._started = time.monotonic()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, RuntimeError):  # it left
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                name = head.split()[1].decode().strip("/").partition("?")[0]
                if name in ("cam.flv", "cam.ts"):
                    await self._stream((self._folder / name).read_bytes(), writer)
                    break
                live = name == "cam.m3u8"
                body = self._playlist() if live else (self._folder / name).read_bytes()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        writer.close()

    async def _stream(self, data: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        size = int(len(data) / self._seconds / WRITES_PER_SECOND)
        begun = time.monotonic()
        for number, at in enumerate(range(0, len(data), size)):
            writer.write(data[at : at + size])
            await writer.drain()
            await asyncio.sleep(max(0.0, begun + number / WRITES_PER_SECOND - time.monotonic()))

    def _playlist(self) -> bytes:
        newest = min(3 + int((time.monotonic() - self._started) / SEGMENT_SECONDS), len(self._segments))
        lines = [
            "#EXTM3U",
            "#EXT-X-VERSION:3",
            "#EXT-X-TARGETDURATION:2",
            f"#EXT-X-MEDIA-SEQUENCE:{newest - 3}",
        ]
        for path in self._segments[newest - 3 : newest]:
            lines += [f"#EXTINF:{SEGMENT_SECONDS},", path.name]
        return "\n".join([*lines, ""]).encode()


def serve(tell: multiprocessing.connection.Connection, folder: Path, seconds: float) -> None:
    """The server's process."""

    async def main() -> None:
        server = await asyncio.start_server(Server(folder, seconds).serve, "127.0.0.1", 0)
        tell.send(server.sockets[0].getsockname()[1])
        await asyncio.Event().wait()

    import uvloop

    uvloop.run(main())


class Nothing:
    """A sink that counts and keeps nothing."""

    def __init__(self) -> None:
        self.units = 0

    def on_config(self, codec: str, extradata: bytes) -> None: ...

    def on_access_unit(self, pts: int, dts: int, key: bool, data: bytes, source: float | None) -> None:
        self.units += 1

    def on_end(self, reason: str) -> None: ...


async def measure(url: str, streams: int, per_process: int, seconds: float, *, keyframes_only: bool) -> str:
    client = AvPull(AvLimits(per_process=per_process), allowed=[ip_network("127.0.0.0/8")])
    sink = Nothing()
    tasks = [
        asyncio.create_task(client.pull(AvUrl.parse(f"{url}?{index}"), sink, keyframes_only=keyframes_only))
        for index in range(streams)
    ]
    while len(client.pids) * per_process < streams or sink.units < streams:
        await asyncio.sleep(0.1)
    await asyncio.sleep(WARM_SECONDS)
    children = [psutil.Process(pid) for pid in client.pids]
    used, own, came, begun = _cpu(children), time.process_time(), sink.units, time.monotonic()
    await asyncio.sleep(seconds)
    took = (time.monotonic() - begun) * streams / 100
    memory = pss([child.pid for child in children]) / streams
    reading, node = (_cpu(children) - used) / took, (time.process_time() - own) / took
    rate = (sink.units - came) / took / 100
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    await client.close()
    return f"{reading:>10.2f} {node:>7.2f} {memory:>11.1f} {rate:>10.1f}"


def _cpu(processes: list[psutil.Process]) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in processes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=8.0)
    options = parser.parse_args()
    import uvloop

    length = options.seconds + WARM_SECONDS + 10
    with TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, length)
        print(f"{'':6} {'a process':>9} {'reading %':>10} {'node %':>7} {'MB/stream':>11} {'pictures/s':>10}")
        for form, keyframes_only in (("flv", False), ("ts", False), ("m3u8", False), ("flv", True)):
            for per_process in (1, 2, 4):
                ours, theirs = multiprocessing.Pipe()
                context = multiprocessing.get_context("spawn")
                child = context.Process(target=serve, args=(theirs, folder, length), daemon=True)
                child.start()
                try:
                    url = f"http://127.0.0.1:{ours.recv()}/cam.{form}"
                    figures = uvloop.run(
                        measure(
                            url, options.streams, per_process, options.seconds, keyframes_only=keyframes_only
                        )
                    )
                finally:
                    child.kill()
                    child.join()
                label = f"{form} key" if keyframes_only else form
                print(f"{label:>7} {per_process:>8} {figures}", flush=True)


if __name__ == "__main__":
    main()
