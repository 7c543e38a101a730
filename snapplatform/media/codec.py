"""What a stream says about its coding, and the limits checked before a decoder sees a byte of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from snapplatform.bits import BadBits

from . import av1, vp9
from .sps import SpsSize, h264_sps_size, hevc_sps_size

CodecName = Literal["h264", "hevc", "av1", "vp9"]

# A picture of 25 Mpx in 4:2:0 takes 38 MB and a decoder keeps up to 17 of them, inside the child's 1 GiB.
MAX_PIXELS = 25_000_000
MAX_DIMENSION = 8192
# Real ones are under a kilobyte, and they are read on the event loop.
MAX_EXTRADATA = 16 * 1024
# Encoders cut a picture into a few slices. Without a bound a million empty ones cost a decoder its deadline.
MAX_UNITS = 10_000
_SPS_TYPES: dict[str, int] = {"h264": 7, "hevc": 33}
_H264_PROFILES = {66: "Baseline", 77: "Main", 88: "Extended", 100: "High", 110: "High 10", 122: "High 4:2:2"}


class BadCodecConfig(ValueError):
    """The sequence header cannot be read; the text says where it breaks."""


class PictureTooLarge(ValueError):
    """A source claims a size beyond the limits."""

    def __init__(self, width: int, height: int) -> None:
        super().__init__(
            f"{width}x{height} is more than {MAX_PIXELS // 1_000_000} megapixels or {MAX_DIMENSION} on a side"
        )


@dataclass(frozen=True, slots=True)
class CodecInfo:
    """Read from a sequence header: size in pixels (0 when it does not tell), profile, level (41 is 4.1; of
    AV1 the level index). `length_size`: of NAL units' lengths, 0 where there are none."""

    width: int
    height: int
    profile: str
    level: int
    length_size: int


@dataclass(frozen=True, slots=True)
class CodecConfig:
    """A codec and its sequence header as FLV carries it: avcC (ISO 14496-15, 5.3.3), hvcC (8.3.3), av1C (AV1
    in ISOBMFF, 2.3.3) or vpcC (VP Codec ISO Media File Format Binding)."""

    codec: CodecName
    extradata: bytes

    @property
    def info(self) -> CodecInfo:
        """Parsed header. BadCodecConfig when it cannot be read, PictureTooLarge beyond the limits."""
        return _parse(self.codec, self.extradata)


@lru_cache(maxsize=512)
def _parse(codec: str, extradata: bytes) -> CodecInfo:
    if len(extradata) > MAX_EXTRADATA:
        raise BadCodecConfig(f"a sequence header of {len(extradata)} bytes is longer than {MAX_EXTRADATA}")
    try:
        if parser := _PARSERS.get(codec):
            return parser(extradata)
    except (IndexError, BadBits) as error:
        raise BadCodecConfig(f"{codec} sequence header is damaged: {error}") from error
    raise BadCodecConfig(f"codec {codec!r} is not one of {', '.join(_PARSERS)}")


def _parse_avcc(data: bytes) -> CodecInfo:
    if data[0] != 1:
        raise BadCodecConfig(f"avcC version {data[0]} is not 1")
    width = height = 0
    position = 6
    for _ in range(data[5] & 0x1F):
        size = data[position] << 8 | data[position + 1]
        sps = data[position + 2 : position + 2 + size]
        width, height = checked_sps(h264_sps_size(sps))
        position += 2 + size
    profile = _H264_PROFILES.get(data[1], str(data[1]))
    return CodecInfo(width, height, profile, data[3], (data[4] & 3) + 1)


def _parse_hvcc(data: bytes) -> CodecInfo:
    width = height = 0
    position = 23
    for _ in range(data[22]):
        kind = data[position] & 0x3F
        count = data[position + 1] << 8 | data[position + 2]
        position += 3
        for _ in range(count):
            size = data[position] << 8 | data[position + 1]
            if kind == _SPS_TYPES["hevc"]:
                sps = data[position + 2 : position + 2 + size]
                width, height = checked_sps(hevc_sps_size(sps))
            position += 2 + size
    profile = {1: "Main", 2: "Main 10"}.get(data[1] & 0x1F, str(data[1] & 0x1F))
    return CodecInfo(width, height, profile, data[12] // 3, (data[21] & 3) + 1)


def _parse_av1c(data: bytes) -> CodecInfo:
    return CodecInfo(*checked_size(*av1.config_size(data)), *av1.config_profile(data), 0)


def _parse_vpcc(data: bytes) -> CodecInfo:
    return CodecInfo(0, 0, *vp9.config_profile(data), 0)


_PARSERS = {"h264": _parse_avcc, "hevc": _parse_hvcc, "av1": _parse_av1c, "vp9": _parse_vpcc}


def keyframe_size(codec: CodecName, data: bytes | memoryview) -> tuple[int, int] | None:
    """What a keyframe of AV1 or VP9 says of its size, or None. PictureTooLarge, ValueError when damaged."""
    read = {"av1": av1.frame_size, "vp9": vp9.frame_size}.get(codec)
    size = read(data) if read is not None else None
    return size and checked_size(*size)


def sized(info: CodecInfo, codec: CodecName, keyframe: bytes | memoryview) -> CodecInfo:
    """The same with the keyframe's size, where the sequence header did not tell it. What is damaged or too
    large changes nothing here, and is refused when it is to be decoded."""
    if not info.width:
        with suppress(ValueError):
            if size := keyframe_size(codec, keyframe):
                return replace(info, width=size[0], height=size[1])
    return info


def checked_size(width: int, height: int) -> tuple[int, int]:
    """The same size, or PictureTooLarge."""
    if width > MAX_DIMENSION or height > MAX_DIMENSION or width * height > MAX_PIXELS:
        raise PictureTooLarge(width, height)
    return width, height


def checked_sps(size: SpsSize) -> tuple[int, int]:
    """The shown size, or PictureTooLarge by the coded one."""
    checked_size(size.coded_width, size.coded_height)
    return size.width, size.height


def nal_units(data: bytes | memoryview, length_size: int) -> Iterator[memoryview]:
    """The NAL units of a length-prefixed access unit. ValueError where the lengths do not fill it exactly, or
    when there are more than MAX_UNITS."""
    view = memoryview(data)
    position, end = 0, len(view)
    for _ in range(MAX_UNITS):
        if position >= end:
            return
        start = position + length_size
        size = int.from_bytes(view[position:start], "big")
        position = start + size
        if start > end or position > end:
            raise ValueError(f"a NAL unit of {size} bytes passes the end of its access unit")
        if size:
            yield view[start:position]
    if position < end:
        raise ValueError(f"an access unit of more than {MAX_UNITS} NAL units")


def check_access_unit(codec: CodecName, data: bytes | memoryview, length_size: int) -> None:
    """Refuse broken framing (ValueError) and sizes changed inside the stream beyond the limits."""
    if codec not in _SPS_TYPES:
        keyframe_size(codec, data)
        return
    for unit in nal_units(data, length_size):
        kind = unit[0] & 0x1F if codec == "h264" else unit[0] >> 1 & 0x3F
        if kind == _SPS_TYPES[codec]:
            # A keyframe may repeat the SPS, so the sequence header's size is not the last word.
            read = h264_sps_size if codec == "h264" else hevc_sps_size
            checked_sps(read(bytes(unit)))


def without_metadata(codec: CodecName, data: bytes | memoryview, length_size: int) -> bytes:
    """The access unit with only its slices and parameter sets: no SEI, delimiters or filler."""
    kept: list[bytes | memoryview] = []
    for unit in nal_units(data, length_size):
        slices = 1 <= unit[0] & 0x1F <= 5 if codec == "h264" else unit[0] >> 1 & 0x3F < 32
        parameters = unit[0] & 0x1F in (7, 8) if codec == "h264" else 32 <= unit[0] >> 1 & 0x3F <= 34
        if slices or parameters:
            kept += [len(unit).to_bytes(length_size, "big"), unit]
    return b"".join(kept)
