"""Small good media for figures that damage them: FLV messages as encoders send them, and packets of them."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

from bench.content import Message, tags
from snapplatform.media import synthetic
from snapplatform.media.codec import CodecConfig, CodecName
from snapplatform.media.ring import Packet
from snapplatform.media.types import OutputSpec, PictureRequest
from snapplatform.rtmp import flv
from snapplatform.rtmp.messages import AUDIO, VIDEO

CAMERAS = {
    "h264": synthetic.Camera(320, 180, fps=5, gop_seconds=1.0, bitrate=150_000, noise=2),
    "h264 with B-frames": synthetic.Camera(
        320, 180, fps=5, gop_seconds=1.0, bitrate=150_000, noise=2, bframes=2
    ),
    "h264 with sound": synthetic.Camera(160, 90, fps=5, gop_seconds=1.0, bitrate=100_000, audio=True),
    "hevc": synthetic.Camera(320, 180, codec="hevc", fps=5, gop_seconds=1.0, bitrate=150_000, noise=2),
}
JPEG = OutputSpec("jpeg")


@dataclass(frozen=True, slots=True)
class Medium:
    """Sound and picture in sending order, the sequence headers before what needs them."""

    name: str
    codec: CodecName
    messages: tuple[Message, ...]


def make(name: str, camera: synthetic.Camera, frames: int = 5) -> Medium:
    """One GOP. The clock in the picture stands still, so that it has the same bytes each time."""
    stopped = SimpleNamespace(time=lambda: 1_795_176_000.0, monotonic=time.monotonic)
    folders = tempfile.TemporaryDirectory(prefix="snapplatform-corpus-")
    with folders as folder, mock.patch.object(synthetic, "time", stopped):
        path = Path(folder, "medium.flv")
        synthetic.publish(str(path), camera, frames=frames, realtime=False)
        messages = tags(path.read_bytes())
    return Medium(name, camera.codec, tuple(m for m in messages if m.kind in (AUDIO, VIDEO)))


def media() -> list[Medium]:
    return [make(name, camera) for name, camera in CAMERAS.items()]


def request(codec: CodecName, messages: tuple[Message, ...] | list[Message]) -> PictureRequest:
    """What a decoder is asked for the newest frame. Unreadable bodies go in as they are: the decoder has to
    bear them, whatever stands before it refuses."""
    extradata, packets = b"", []
    for message in messages:
        if message.kind != VIDEO:
            continue
        tag = flv.parse_video(message.body)
        if tag is not None and tag.packet == flv.SEQUENCE_HEADER:
            extradata = message.body[tag.data_at :]
        elif tag is None or tag.packet == flv.FRAMES:
            at, shift = (tag.data_at, tag.composition_ms) if tag else (0, 0)
            keyframe = not packets or bool(tag and tag.is_keyframe)
            packets.append(Packet(message.time, shift, keyframe, message.body[at:], 0.0))
    return PictureRequest(CodecConfig(codec, extradata), newest_gop(packets), [JPEG])


def newest_gop(packets: list[Packet]) -> list[Packet]:
    """From the newest keyframe on, or all when only the first one says that it is one."""
    start = max((at for at, packet in enumerate(packets) if packet.keyframe), default=0)
    return packets[start:]
