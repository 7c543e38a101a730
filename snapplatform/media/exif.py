"""Where and when a picture was taken, as EXIF bytes and as a JPEG segment (Exif 2.32, 4.5.4 and 4.6)."""

from __future__ import annotations

import json
from datetime import datetime

from PIL import ExifTags, Image

from .types import PictureFacts

SOFTWARE = "Snapplatform"
_ASCII_CODE = b"ASCII\x00\x00\x00"
_MAX_SEGMENT = 65533


def exif_bytes(facts: PictureFacts) -> bytes:
    """EXIF payload with its `Exif` mark, as Pillow and JPEG APP1 take it.

    ImageDescription is ASCII by the standard, so the exact stream name is also in UserComment: a JSON object
    with stream, received_at, media_time_ms, source_time, clock_offset_ms, capture_id; unknown ones absent.
    """
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription] = facts.stream.encode("ascii", "replace").decode()
    exif[ExifTags.Base.Software] = SOFTWARE
    exif[ExifTags.Base.DateTime] = f"{facts.taken_at:%Y:%m:%d %H:%M:%S}"
    taken = exif.get_ifd(ExifTags.IFD.Exif)
    taken[ExifTags.Base.DateTimeOriginal] = f"{facts.taken_at:%Y:%m:%d %H:%M:%S}"
    taken[ExifTags.Base.SubsecTimeOriginal] = f"{facts.taken_at.microsecond // 1000:03d}"
    taken[ExifTags.Base.OffsetTimeOriginal] = _offset(facts.taken_at)
    taken[ExifTags.Base.UserComment] = _ASCII_CODE + json.dumps(_provenance(facts)).encode("ascii")
    return exif.tobytes()


def insert_exif(jpeg: bytes, payload: bytes) -> bytes:
    """The JPEG with an APP1 segment after its JFIF header. ValueError when the payload passes 64 KiB."""
    if len(payload) > _MAX_SEGMENT:
        raise ValueError(f"{len(payload)} bytes of EXIF do not fit a JPEG segment")
    end = 2
    if jpeg[2:4] == b"\xff\xe0":
        end = 4 + int.from_bytes(jpeg[4:6], "big")
    segment = b"\xff\xe1" + (len(payload) + 2).to_bytes(2, "big") + payload
    return b"".join((jpeg[:end], segment, jpeg[end:]))


def _offset(moment: datetime) -> str:
    text = f"{moment:%z}"
    if not text:
        raise ValueError("taken_at has no time zone")
    return f"{text[:3]}:{text[3:5]}"


def _provenance(facts: PictureFacts) -> dict[str, object]:
    known = {
        "stream": facts.stream,
        "received_at": facts.received_at and facts.received_at.isoformat(),
        "media_time_ms": facts.media_time_ms,
        "source_time": facts.source_time and facts.source_time.isoformat(),
        "clock_offset_ms": facts.clock_offset_ms,
        "capture_id": facts.capture_id or None,
    }
    return {name: value for name, value in known.items() if value is not None}
