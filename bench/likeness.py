"""Pictures of equal quality: which -q:v of ffmpeg's JPEG encoder answers to our quality 85."""

from __future__ import annotations

import io
import statistics
import subprocess
from dataclasses import dataclass

import av
import numpy as np
from PIL import Image

from bench.content import Content
from snapplatform.media.picture import decode_newest, take_picture
from snapplatform.media.types import OutputSpec, PictureRequest

SCALES = range(2, 9)
_ANNEX_B = b"\0\0\0\1"


@dataclass(frozen=True, slots=True)
class Likeness:
    """Mean size in KB and luma PSNR in dB, of ours and of ffmpeg's with `q`."""

    q: int
    our_size: float
    our_psnr: float
    size: float
    psnr: float


def compare(content: Content, quality: int, with_ffmpeg: bool = True) -> Likeness:
    """The `q` whose PSNR is nearest to ours.

    PSNR is of luma against the decoded frame, in the form that each encoder was given: ours is converted to
    JPEG's BT.601, ffmpeg leaves the stream's BT.709 as it is and only widens the range.
    """
    config = content.config()
    sizes, psnrs, frames = [], [], []
    for packet in content.keyframes():
        picture = take_picture(PictureRequest(config, [packet], [OutputSpec("jpeg", quality)])).pictures[0]
        frame = decode_newest(config, [packet]).frame
        sizes.append(len(picture.data) / 1024)
        psnrs.append(_psnr(_luma_of(picture.data), _as_601(frame)))
        frames.append(_full_range(frame))
    ours = statistics.mean(sizes), statistics.mean(psnrs)
    if not with_ffmpeg:
        return Likeness(0, *ours, 0.0, 0.0)
    tries = [(q, *_ffmpeg(content, q, frames)) for q in SCALES]
    q, size, psnr = min(tries, key=lambda one: abs(one[2] - ours[1]))
    return Likeness(q, *ours, size, psnr)


def _ffmpeg(content: Content, q: int, frames: list[np.ndarray]) -> tuple[float, float]:
    command = [
        "ffmpeg",
        "-v",
        "error",
        "-f",
        "h264",
        "-i",
        "pipe:0",
        "-vsync",
        "passthrough",
        "-f",
        "image2pipe",
        "-c:v",
        "mjpeg",
        "-threads",
        "1",
    ]
    result = subprocess.run(
        [*command, "-q:v", str(q), "-"], input=_annex_b(content), capture_output=True, check=True, timeout=60
    )
    pictures = [b"\xff\xd8" + part for part in result.stdout.split(b"\xff\xd8")[1:]]
    psnrs = [_psnr(_luma_of(data), frame) for data, frame in zip(pictures, frames, strict=True)]
    return statistics.mean(len(data) / 1024 for data in pictures), statistics.mean(psnrs)


def _annex_b(content: Content) -> bytes:
    """The keyframes as a byte stream (ISO 14496-10, annex B)."""
    data = content.config().extradata
    size = int.from_bytes(data[6:8], "big")
    at = 8 + size + 1
    sets = (
        _ANNEX_B
        + data[8 : 8 + size]
        + _ANNEX_B
        + data[at + 2 : at + 2 + int.from_bytes(data[at : at + 2], "big")]
    )
    out = bytearray()
    for packet in content.keyframes():
        out += sets
        position = 0
        while position < len(packet.data):
            length = int.from_bytes(packet.data[position : position + 4], "big")
            out += _ANNEX_B + packet.data[position + 4 : position + 4 + length]
            position += 4 + length
    return bytes(out)


def _luma_of(jpeg: bytes) -> np.ndarray:
    image = Image.open(io.BytesIO(jpeg))
    image.draft("YCbCr", image.size)
    return np.asarray(image.convert("YCbCr"), np.float64)[..., 0]


def _planes(frame: av.VideoFrame) -> list[np.ndarray]:
    shapes = [(frame.height, frame.width)] + [(frame.height // 2, frame.width // 2)] * 2
    planes = zip(frame.planes, shapes, strict=True)
    rows = ((np.frombuffer(memoryview(p), np.uint8).reshape(-1, p.line_size), s) for p, s in planes)
    return [plane[: shape[0], : shape[1]].astype(np.float64) for plane, shape in rows]


def _full_range(frame: av.VideoFrame) -> np.ndarray:
    return np.clip((_planes(frame)[0] - 16) * 255 / 219, 0, 255)


def _as_601(frame: av.VideoFrame) -> np.ndarray:
    """Exact BT.601 full-range luma of a limited-range BT.709 frame."""
    luma, cb, cr = _planes(frame)
    luma = (luma - 16) * 255 / 219
    cb, cr = (((plane - 128) * 255 / 224).repeat(2, 0).repeat(2, 1) for plane in (cb, cr))
    red, blue = luma + 1.5748 * cr, luma + 1.8556 * cb
    green = (luma - 0.2126 * red - 0.0722 * blue) / 0.7152
    rgb = [np.clip(channel, 0, 255) for channel in (red, green, blue)]
    return 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2]


def _psnr(picture: np.ndarray, source: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / np.mean((picture - source) ** 2)))
