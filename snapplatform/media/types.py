"""What goes into a picture request and what comes out of it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from .codec import CodecConfig
from .ring import Packet

Format = Literal["jpeg", "png", "webp"]
Flag = Literal["black", "dark", "frozen", "duplicate"]
Reason = Literal[
    "corrupt",  # the stream's bytes gave no whole picture
    "timeout",  # the decoder passed its deadline or its CPU allowance and was replaced
    "died",  # the decoder process ended or answered nonsense, and was replaced
    "unsupported",  # a codec, format or request this build cannot serve
    "too large",  # the source or the asked picture exceeds the limits of codec.py
    "queue full",  # as many requests wait as the pool accepts
    "busy",  # no decoder came free in time
    "closed",  # the pool is closing
]

# A thumbnail's cells (quality.py) and a digest; opaque to everybody else.
SIGNATURE_CELLS = 32 * 18
SIGNATURE_BYTES = SIGNATURE_CELLS + 16

FORMATS: frozenset[str] = frozenset(get_args(Format))
FLAGS: frozenset[str] = frozenset(get_args(Flag))
REASONS: frozenset[str] = frozenset(get_args(Reason))


class DecodeFailed(Exception):
    """No picture came of a request; `reason` is for programs and `detail` for people."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason: Reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class OutputSpec:
    """One wanted encoding. With one of width and height the aspect ratio is kept, with none the size."""

    format: Format
    quality: int = 85
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """Where and when a picture comes from, written into its EXIF. `taken_at` must know its time zone."""

    stream: str
    taken_at: datetime
    received_at: datetime | None = None
    media_time_ms: int | None = None
    source_time: datetime | None = None
    clock_offset_ms: float | None = None
    capture_id: str = ""


@dataclass(frozen=True, slots=True)
class PictureRequest:
    """Packets in decode order, the first a keyframe; the picture is the last of them in display order.

    `previous` is the `signature` of the stream's picture before this one; without it no picture is called
    frozen or duplicate. `group` is any key, such as the stream's id: the pool lets groups take turns, and the
    decoder never sees it.
    """

    config: CodecConfig
    packets: Sequence[Packet]
    outputs: Sequence[OutputSpec]
    previous: bytes | None = None
    exif: PictureFacts | None = None
    group: Hashable = None


@dataclass(frozen=True, slots=True)
class Picture:
    """One encoded image; `sha256` is the hexadecimal digest of `data`."""

    format: Format
    width: int
    height: int
    data: bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class PictureResult:
    """Pictures in the order of the asked outputs, and what was seen while the frame was decoded.

    `mean_luma` runs from 0 (black) to 255 (white); `sample_aspect` is "1:1" unless the source has non-square
    pixels, which are stored as they are. Times are milliseconds of the decoder.
    """

    pictures: list[Picture]
    source_width: int
    source_height: int
    signature: bytes
    flags: frozenset[str]
    decode_ms: float
    encode_ms: float
    mean_luma: float
    sample_aspect: str = "1:1"
