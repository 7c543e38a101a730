"""Helpers: targets, limits that tests can wait for, and players for the test server."""

import asyncio
from collections.abc import Iterable

from snapplatform.rtsp import ClientLimits, PullTarget, RtspUrl
from tests.unit.rtsp.feeding import IDR, INTER, PPS, SPS
from tests.unit.rtsp.packets import Packer, interleaved
from tests.unit.rtsp.server import Player

# Long enough for a busy machine: what else a test expects has to come first.
QUICK = ClientLimits(
    connect_seconds=3.0,
    answer_seconds=0.8,
    silence_seconds=0.8,
    video_seconds=1.2,
    keyframe_seconds=1.5,
    tick_seconds=0.02,
)


def target(port: int, path: str = "cam", user: str = "", host: str = "127.0.0.1") -> PullTarget:
    return PullTarget(RtspUrl.parse(f"rtsp://{user}{host}:{port}/{path}"), "127.0.0.1")


def wire(packets: Iterable[bytes], channel: int = 0) -> bytes:
    return b"".join(interleaved(packet, channel) for packet in packets)


def gops(frames: int, packer: Packer | None = None, size: int = 1500) -> list[bytes]:
    """The wire form of each picture at 25 a second; each tenth is a keyframe."""
    packer = packer or Packer()
    return [
        wire(
            packer.unit(
                [INTER + bytes(size)] if index % 10 else [SPS, PPS, IDR + bytes(3 * size)],
                90_000 + index * 3600,
            )
        )
        for index in range(frames)
    ]


def saying(*pieces: bytes, interval: float = 0.0, close: bool = False) -> Player:
    """A player that says these, and then waits for the client to go, or closes."""

    async def play(writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(interval)
        if close:
            writer.close()

    return play


def endless(*pieces: bytes, interval: float = 0.02) -> Player:
    async def play(writer: asyncio.StreamWriter) -> None:
        while True:
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(interval)

    return play
