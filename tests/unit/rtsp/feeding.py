"""Helpers: a sink that remembers, and a track that is fed without a connection."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

from snapplatform.media.codec import CodecConfig, CodecName
from snapplatform.media.ring import Packet
from snapplatform.media.synthetic import Camera, encode_sample
from snapplatform.rtsp import ClientLimits, ClientStats
from snapplatform.rtsp.sdp import Media
from snapplatform.rtsp.tracks import VideoTrack
from tests.unit.rtsp.packets import Packer, nals_of

SPS = bytes.fromhex("674d4028965201e0089f97016a020202800001f480007530074300027102000138812ef2e034")
PPS = bytes.fromhex("68eb735200")
IDR, INTER = b"\x65\x88\x84", b"\x41\x9a\x24"  # with the bit of a first slice


@dataclass
class Unit:
    """What a sink was given."""

    pts: int
    dts: int
    keyframe: bool
    data: bytes
    source_time: float | None

    @property
    def nals(self) -> list[bytes]:
        return list(nals_of(self.data))


@dataclass
class Recorder:
    """A sink. It fails the test when anything comes after its end, or pictures before parameter sets."""

    patience: float = 0.0
    configs: list[tuple[str, bytes]] = field(default_factory=list)
    units: list[Unit] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    audio_configs: list[bytes] = field(default_factory=list)
    sounds: list[tuple[int, bytes, float | None]] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    def on_config(self, codec: str, extradata: bytes) -> None:
        assert not self.ended
        self.configs.append((codec, extradata))

    def on_access_unit(
        self, pts_ms: int, dts_ms: int, keyframe: bool, data: bytes, source_time: float | None
    ) -> None:
        assert not self.ended
        assert self.configs
        assert self.units or keyframe
        self.units.append(Unit(pts_ms, dts_ms, keyframe, data, source_time))
        self.came.set()

    def on_end(self, reason: str) -> None:
        self.ended.append(reason)

    def on_audio_config(self, codec: str, config: bytes) -> None:
        assert codec == "aac"
        self.audio_configs.append(config)

    def on_audio(self, pts_ms: int, data: bytes, source_time: float | None) -> None:
        assert not self.ended
        self.sounds.append((pts_ms, data, source_time))

    @property
    def shown(self) -> list[tuple[int, bool]]:
        return [(unit.pts, unit.keyframe) for unit in self.units]


class Fed:
    """A track of `codec`, as SDP calls it, and what it made of the packets it got."""

    def __init__(
        self, codec: str = "h264", parameters: dict[str, str] | None = None, unit_bytes: int = 1 << 20
    ):
        self.sink, self.stats = Recorder(), ClientStats()
        media = Media("video", "RTP/AVP", 96, "", codec, 90000, parameters or {})
        self.track = VideoTrack(media, self.sink, ClientLimits(unit_bytes=unit_bytes), self.stats)

    def give(self, packets: Iterable[bytes]) -> None:
        for packet in packets:
            self.track.receive(bytearray(b"$\0xx" + packet), 4, 4 + len(packet))


def packed(
    config: CodecConfig, packets: list[Packet], packer: Packer, *, in_band: bool = True
) -> list[list[bytes]]:
    """Each access unit's packets. The parameter sets are put before keyframes, as cameras do."""
    sets = parameter_sets(config) if in_band else []
    return [
        packer.unit(
            (sets if packet.keyframe else []) + list(nals_of(packet.data)), 5_000_000 + packet.pts_ms * 90
        )
        for packet in packets
    ]


def parameter_sets(config: CodecConfig) -> list[bytes]:
    """The NAL units in an avcC or hvcC."""
    data, found = config.extradata, []

    def take(at: int, count: int) -> int:
        for _ in range(count):
            size = int.from_bytes(data[at : at + 2], "big")
            found.append(data[at + 2 : at + 2 + size])
            at += 2 + size
        return at

    if config.codec == "h264":
        at = take(6, data[5] & 31)
        take(at + 1, data[at])
        return found
    at = 23
    for _ in range(data[22]):
        at = take(at + 3, int.from_bytes(data[at + 1 : at + 3], "big"))
    return [unit for unit in found if 32 <= unit[0] >> 1 & 63 <= 34]


def sample(
    codec: CodecName = "h264", frames: int = 50, **options: object
) -> tuple[CodecConfig, list[Packet]]:
    camera = Camera(width=320, height=240, fps=25, gop_seconds=0.4, bitrate=400_000, codec=codec, **options)  # type: ignore[arg-type]
    return encode_sample(camera, frames)
