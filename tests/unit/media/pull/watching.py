"""A sink that remembers, limits that don't take long, and what the pictures show."""

import asyncio
from dataclasses import dataclass, field

import av

from snapplatform.media.pull.client import AvPull
from snapplatform.media.pull.limits import AvLimits
from snapplatform.media.pull.schemes import AvUrl
from snapplatform.media.scene import read_frame_number
from snapplatform.net.ending import PullEnd

QUICK = AvLimits(
    open_seconds=6.0,
    silence_seconds=2.0,
    video_seconds=2.0,
    segment_seconds=6.0,
    keyframe_seconds=6.0,
    linger_seconds=2.0,
    lookup_seconds=1.0,
    tick_seconds=0.05,
)


@dataclass
class Unit:
    pts_ms: int
    dts_ms: int
    keyframe: bool
    data: bytes


@dataclass
class Recorder:
    """Fails the test when anything comes after the end, or out of order."""

    configs: list[tuple[str, bytes]] = field(default_factory=list)
    units: list[Unit] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    def on_config(self, codec: str, extradata: bytes) -> None:
        assert not self.ends
        self.configs.append((codec, extradata))

    def on_access_unit(
        self, pts_ms: int, dts_ms: int, keyframe: bool, data: bytes, source_time: float | None
    ) -> None:
        assert self.configs and not self.ends and source_time is None
        assert keyframe or self.units, "the first one is a keyframe"
        assert not self.units or dts_ms >= self.units[-1].dts_ms
        self.units.append(Unit(pts_ms, dts_ms, keyframe, data))
        self.came.set()

    def on_end(self, reason: str) -> None:
        self.ends.append(reason)

    def numbers(self) -> list[int | None]:
        """Of the frames, as they are drawn in the pictures, in the order of showing."""
        codec, extradata = self.configs[0]
        context = av.CodecContext.create(codec, "r")
        context.extradata = extradata
        found = []
        for unit in self.units:
            packet = av.Packet(unit.data)
            packet.pts, packet.dts = unit.pts_ms, unit.dts_ms
            found += context.decode(packet)
        found += context.decode(None)
        return [read_frame_number(frame.to_image()) for frame in found]


async def watch(
    client: AvPull, url: str, sink: Recorder | None = None, **modes: bool
) -> tuple[Recorder, PullEnd]:
    """Until it ends by itself. The sink must have been told once, with the same reason."""
    sink = sink or Recorder()
    async with asyncio.timeout(60):
        end = await client.pull(AvUrl.parse(url), sink, **modes)
    assert sink.ends == [str(end)]
    return sink, end


async def until(sink: Recorder, count: int) -> None:
    """So many access units have come."""
    async with asyncio.timeout(20):
        while len(sink.units) < count:
            sink.came.clear()
            await sink.came.wait()
