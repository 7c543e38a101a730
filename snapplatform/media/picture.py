"""One request becomes pictures: decode, look, scale, encode. Runs inside a decoder process."""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import av
import simplejpeg
from av.codec.context import Flags
from av.stream import Stream
from av.video.codeccontext import VideoCodecContext
from PIL import Image

from .codec import (
    MAX_DIMENSION,
    MAX_PIXELS,
    BadCodecConfig,
    CodecConfig,
    PictureTooLarge,
    check_access_unit,
    checked_size,
    without_metadata,
)
from .colours import Pixels, to_rgb
from .exif import exif_bytes, insert_exif
from .quality import assess
from .ring import Packet
from .types import DecodeFailed, OutputSpec, Picture, PictureRequest, PictureResult

_MILLISECONDS = Fraction(1, 1000)
# FFmpeg's own AV1 decoder needs a graphics card.
_DECODERS = {"av1": "libdav1d"}
# Level 1 takes a third of the time of level 6 for a tenth more bytes on camera pictures.
_PNG_LEVEL = 1
# Of WebP's 0 to 6; each step above 1 costs more time than it saves bytes.
_WEBP_METHOD = 1


class Decoded(NamedTuple):
    """A frame and its sample aspect ratio as "W:H"; unknown counts as square."""

    frame: av.VideoFrame
    sample_aspect: str


def take_picture(request: PictureRequest) -> PictureResult:
    """Decode the newest frame of the packets and encode every output from it.

    DecodeFailed: corrupt, too large or unsupported. A frame with concealed errors is corrupt, never returned.
    """
    started = time.perf_counter()
    frame, aspect = _decode(request.config, request.packets)
    quality = assess(frame, request.previous)
    decoded = time.perf_counter()
    pictures = encode_outputs(frame, request)
    return PictureResult(
        pictures=pictures,
        source_width=frame.width,
        source_height=frame.height,
        signature=quality.signature,
        flags=quality.flags,
        decode_ms=(decoded - started) * 1e3,
        encode_ms=(time.perf_counter() - decoded) * 1e3,
        mean_luma=quality.mean_luma,
        sample_aspect=aspect,
    )


def _decode(config: CodecConfig, packets: Sequence[Packet]) -> Decoded:
    needed = packets_to_newest(packets)
    try:
        length_size = config.info.length_size
        for packet in needed:
            check_access_unit(config.codec, packet.data, length_size)
    except PictureTooLarge as error:
        raise DecodeFailed("too large", str(error)) from error
    except BadCodecConfig as error:
        raise DecodeFailed("unsupported", str(error)) from error
    except (ValueError, IndexError) as error:
        raise DecodeFailed("corrupt", str(error)) from error
    try:
        return decode_newest(config, needed)
    except DecodeFailed as error:
        if error.reason != "corrupt" or not length_size:
            raise
    # `explode` also refuses a malformed SEI, which some cameras send in every frame and which no pixel needs.
    bare = [
        Packet(p.dts_ms, p.cts_ms, p.keyframe, without_metadata(config.codec, p.data, length_size), 0.0)
        for p in needed
    ]
    return decode_newest(config, bare)


def packets_to_newest(packets: Sequence[Packet]) -> Sequence[Packet]:
    """The packets up to the one shown last: those decoded after it are B-frames shown before it."""
    if not packets:
        raise DecodeFailed("corrupt", "there are no packets")
    if not packets[0].keyframe:
        raise DecodeFailed("corrupt", "the first packet is not a keyframe")
    newest = max(range(len(packets)), key=lambda index: packets[index].pts_ms)
    return packets[: newest + 1]


def decode_newest(config: CodecConfig, packets: Sequence[Packet]) -> Decoded:
    """The last frame in display order, from a fresh one-thread context. DecodeFailed corrupt or too large."""
    context = av.CodecContext.create(_DECODERS.get(config.codec, config.codec), "r")
    assert isinstance(context, VideoCodecContext)
    context.extradata = config.extradata
    context.thread_count = 1
    # Damage must be an error: by default FFmpeg paints over it and returns a grey picture as if it were good.
    context.options = {"err_detect": "explode", "max_pixels": str(MAX_PIXELS)}
    # A frame whose references are missing must come, marked, and be refused: held back, it would leave an
    # older frame as the newest one.
    context.flags |= Flags.output_corrupt
    newest: av.VideoFrame | None = None
    last = packets[-1]
    try:
        if config.codec not in _DECODERS:  # dav1d asks once, when it opens, and would leave the last one out
            context.skip_frame = "NONREF"
        for packet in packets:
            if packet is last:
                context.skip_frame = "DEFAULT"
            for frame in context.decode(_av_packet(packet)):
                newest = frame
        for frame in context.decode(None):
            newest = frame
    except MemoryError as error:
        raise DecodeFailed("too large", "the decoder passed its memory limit") from error
    except (av.FFmpegError, ValueError, IndexError) as error:
        raise DecodeFailed("corrupt", str(error)) from error
    if newest is None:
        raise DecodeFailed("corrupt", "the decoder gave no picture")
    if newest.is_corrupt:
        raise DecodeFailed("corrupt", "the picture depends on data that is missing")
    try:
        checked_size(newest.width, newest.height)
    except PictureTooLarge as error:
        raise DecodeFailed("too large", str(error)) from error
    ratio = context.sample_aspect_ratio
    return Decoded(newest, f"{ratio.numerator}:{ratio.denominator}" if ratio else "1:1")


def _av_packet(packet: Packet) -> av.Packet[Stream]:
    made = av.Packet(bytes(packet.data))
    made.pts = packet.pts_ms
    made.dts = packet.dts_ms
    made.time_base = _MILLISECONDS
    return made


def encode_outputs(frame: av.VideoFrame, request: PictureRequest) -> list[Picture]:
    """Every output of the request in its order, converting once for each size."""
    exif = exif_bytes(request.exif) if request.exif else b""
    by_size: dict[tuple[int, int], Pixels] = {}
    pictures = []
    for spec in request.outputs:
        size = output_size(spec, frame.width, frame.height)
        if size not in by_size:
            by_size[size] = to_rgb(frame, *size)
        data = _encode(by_size[size], spec, exif)
        pictures.append(Picture(spec.format, *size, data, hashlib.sha256(data).hexdigest()))
    return pictures


def output_size(spec: OutputSpec, width: int, height: int) -> tuple[int, int]:
    """Width and height of an output; DecodeFailed("too large") beyond the limits of codec.py."""
    wide, high = spec.width, spec.height
    if wide is None and high is None:
        return width, height
    if high is None and wide is not None:
        high = max(1, round(height * wide / width))
    elif wide is None and high is not None:
        wide = max(1, round(width * high / height))
    assert wide is not None and high is not None
    if not (1 <= wide <= MAX_DIMENSION and 1 <= high <= MAX_DIMENSION) or wide * high > MAX_PIXELS:
        raise DecodeFailed("too large", f"an output of {wide}x{high} is beyond {MAX_DIMENSION} on a side")
    return wide, high


def _encode(pixels: Pixels, spec: OutputSpec, exif: bytes) -> bytes:
    if spec.format == "jpeg":
        data: bytes = simplejpeg.encode_jpeg(
            pixels, quality=spec.quality, colorspace="RGB", colorsubsampling="420"
        )
        return insert_exif(data, exif) if exif else data
    image = Image.fromarray(pixels)
    target = io.BytesIO()
    if spec.format == "png":
        image.save(target, "PNG", compress_level=_PNG_LEVEL, exif=exif)
    else:
        image.save(target, "WEBP", quality=spec.quality, method=_WEBP_METHOD, exif=exif)
    return target.getvalue()
