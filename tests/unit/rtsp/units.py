"""Helpers: access units made by hand, and what a decoder reads in those that arrived."""

import io

import av
from PIL import Image

from snapplatform.media.scene import read_frame_number
from tests.unit.rtsp.feeding import IDR, INTER, PPS, SPS, Recorder
from tests.unit.rtsp.packets import Packer

KEY = [SPS, PPS, IDR + bytes(3000)]
FRAME = [INTER + bytes(2000)]


def stream(*kinds: str, packer: Packer | None = None, gap: int = 3600) -> list[list[bytes]]:
    """Packets of each access unit; "k" is a keyframe, anything else a frame."""
    packer = packer or Packer()
    return [packer.unit(KEY if kind == "k" else FRAME, index * gap) for index, kind in enumerate(kinds)]


def numbers(sink: Recorder) -> list[int | None]:
    """What a decoder reads in the pictures."""
    codec, extradata = sink.configs[-1]
    decoder = av.CodecContext.create(codec, "r")
    decoder.extradata = extradata
    found = []
    for unit in [*sink.units, None]:
        packet = None
        if unit is not None:
            packet = av.Packet(unit.data)
            packet.pts, packet.dts = unit.pts, unit.dts
        for frame in decoder.decode(packet):
            assert not frame.is_corrupt
            picture = io.BytesIO()
            frame.to_image().save(picture, "png")
            found.append(read_frame_number(Image.open(picture)))
    return found
