"""What a pulled RTMP stream costs. python -m bench.rtmp_pull [--streams N] [--seconds S]

One stream is 1080p30 at 4 Mb/s with a GOP of 2 s and AAC (43 messages a second), as in rtmp_parse. The server
is ours, in a child process that gives one stream to all, in real time; the client runs in this process. "CPU"
is the percentage of one core for one stream, "memory" what each added to this process. The second table is
about one keyframe at a time: bytes that crossed the wire (as the kernel counted them) and how long it took.
"""

import argparse
import asyncio
import multiprocessing
import multiprocessing.connection
import os
import socket
import struct
import time
from collections.abc import Callable

import psutil

from bench.rtmp_parse import AUDIO_BYTES, FRAME_BYTES, KEYFRAME_BYTES
from snapplatform.rtmp import (
    EndKind,
    Limits,
    Player,
    PullClient,
    PullEnd,
    PullTarget,
    RtmpServer,
    RtmpUrl,
    StreamAddress,
)
from snapplatform.rtmp import client as client_module
from snapplatform.rtmp.pull_connection import PullConnection

GOP = 60
HEADER = b"\x17\0\0\0\0" + bytes(40)
KEYFRAME = b"\x17\x01\0\0\0" + bytes(KEYFRAME_BYTES - 5)
FRAME = b"\x27\x01\0\0\0" + bytes(FRAME_BYTES - 5)
WINDOWS = (client_module.KEYFRAME_WINDOW, 0)
SOUND = b"\xaf\x01" + bytes(AUDIO_BYTES)
TCP_INFO_BYTES_RECEIVED = 128  # struct tcp_info in linux/tcp.h


class Channel:
    """A directory with one endless stream. "gop" gives newcomers what came since the newest keyframe, as we
    and most servers do; "live" lets them wait for the next one, as nginx-rtmp does."""

    def __init__(self) -> None:
        self.players: dict[Player, str] = {}
        self.gop: list[tuple[int, int, bytes]] = []

    async def publish(self, address: StreamAddress, stop: Callable[[str], None]) -> "Channel":
        raise NotImplementedError

    async def play(self, address: StreamAddress, player: Player) -> "Place":
        player.send(9, 0, HEADER)
        if address.query.get("start") == "gop":
            for message in self.gop:
                player.send(*message)
        self.players[player] = "new" if address.query.get("start") == "live" else ""
        return Place(self, player)

    async def run(self) -> None:
        start, sounds = time.monotonic(), 0
        for number in range(10**9):
            await asyncio.sleep(max(0.0, start + number / 30 - time.monotonic()))
            is_key = number % GOP == 0
            if is_key:
                self.gop = []
                self.players = dict.fromkeys(self.players, "")
            messages = [(9, number * 33, KEYFRAME if is_key else FRAME)]
            while sounds * 30 < number * 43:
                messages.append((8, sounds * 23, SOUND))
                sounds += 1
            self.gop += messages
            for player, state in self.players.items():
                for message in messages if not state else []:
                    player.send(*message)


class Place:
    """A player's place at the channel."""

    def __init__(self, channel: Channel, player: Player) -> None:
        self._channel, self._player = channel, player

    def close(self) -> None:
        self._channel.players.pop(self._player)


def serve(tell: multiprocessing.connection.Connection, count: int) -> None:
    """The child process."""

    async def main() -> None:
        channel = Channel()
        limits = Limits(connections=count + 10, connections_per_peer=count + 10)
        server = RtmpServer(channel, limits)
        await server.start("127.0.0.1", 0)
        tell.send(server.port)
        await channel.run()

    import uvloop

    uvloop.run(main())


class Nothing:
    """A sink that keeps nothing."""

    patience = 0.2

    def __init__(self) -> None:
        self.messages = 0

    def metadata(self, payload: bytes) -> None: ...

    def video(self, timestamp: int, payload: bytes) -> None:
        self.messages += 1

    audio = video

    def close(self, reason: str) -> None: ...


def target(port: int, start: str) -> PullTarget:
    return PullTarget(RtmpUrl.parse(f"rtmp://127.0.0.1:{port}/live/cam?start={start}"), "127.0.0.1")


async def pulls(port: int, count: int, seconds: float) -> tuple[float, float, float]:
    """Percent of a core per stream, KiB per stream, and messages that came of 100 that were due."""
    client, sink, process = PullClient(), Nothing(), psutil.Process(os.getpid())
    await client.pull(target(port, "gop"), sink, until_keyframe=True)  # whatever is loaded once
    before = process.memory_info().rss
    tasks = [asyncio.create_task(client.pull(target(port, ""), sink)) for _ in range(count)]
    await asyncio.sleep(2.5)  # until the rate of each is known
    cpu, came, begin = time.process_time(), sink.messages, time.monotonic()
    await asyncio.sleep(seconds)
    took = time.monotonic() - begin
    cpu, came = time.process_time() - cpu, sink.messages - came
    memory = process.memory_info().rss - before
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    return cpu / took / count * 100, memory / count / 1024, came / (took * count * 73) * 100


class Metered(PullConnection):
    """Asks the kernel at the end what has arrived, read or not."""

    wire_bytes = 0

    def finish(self, end: PullEnd) -> None:
        if self._connected and not self._reason:
            info = self._transport.get_extra_info("socket").getsockopt(
                socket.IPPROTO_TCP, socket.TCP_INFO, 256
            )
            Metered.wire_bytes += struct.unpack_from("<Q", info, TCP_INFO_BYTES_RECEIVED)[0]
        super().finish(end)


async def keyframes(port: int, start: str, window: int, times: int) -> tuple[float, float, float]:
    """KB on the wire, KB read and milliseconds, each for one keyframe."""
    client_module.PullConnection, client_module.KEYFRAME_WINDOW = Metered, window  # type: ignore[misc]
    client, Metered.wire_bytes = PullClient(), 0
    took = 0.0
    for number in range(times):
        await asyncio.sleep(0.37 * number % 1.0)  # at any place of the GOP
        begin = time.monotonic()
        end = await client.pull(target(port, start), Nothing(), until_keyframe=True)
        assert end.kind is EndKind.KEYFRAME, end
        took += time.monotonic() - begin
    return Metered.wire_bytes / times / 1000, client.stats.bytes_in / times / 1000, took / times * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--keyframes", type=int, default=8)
    options = parser.parse_args()
    import uvloop

    ours, theirs = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    child = context.Process(target=serve, args=(theirs, options.streams), daemon=True)
    child.start()
    try:
        port = ours.recv()
        print(f"pulls, {options.streams} streams   loop  CPU %/stream  KiB/stream  arrived %")
        for name, run in (("asyncio", asyncio.run), ("uvloop", uvloop.run)):
            cpu, memory, came = run(pulls(port, options.streams, options.seconds))
            print(f"{'':18} {name:>8} {cpu:>13.3f} {memory:>11.0f} {came:>10.0f}")
        print("one keyframe   server  receive buffer  KB on the wire  KB read     ms")
        for start in ("gop", "live"):
            for window in WINDOWS:
                label = f"{window // 1024} KiB" if window else "kernel's"
                wire, read, took = uvloop.run(keyframes(port, start, window, options.keyframes))
                print(f"{'':14} {start:>6} {label:>15} {wire:>15.0f} {read:>8.0f} {took:>6.0f}")
    finally:
        child.kill()
        child.join()


if __name__ == "__main__":
    main()
