"""Messages between the pool and a decoder process: a JSON header and binary parts, each side checked.

A message is a mark, the length of the header and of all parts together (big-endian), the header, the parts.
Nothing is pickled: the decoder reads strangers' bytes, so its answers are treated as a stranger's too.
"""

from __future__ import annotations

import dataclasses
import json
import struct
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from .codec import MAX_DIMENSION, CodecConfig
from .ring import Packet
from .types import (
    FLAGS,
    FORMATS,
    REASONS,
    SIGNATURE_BYTES,
    DecodeFailed,
    OutputSpec,
    Picture,
    PictureFacts,
    PictureRequest,
    PictureResult,
)

PREFIX = struct.Struct(">4sII")
_MARK = b"SNP1"
MAX_HEADER = 1 << 20
# A lossless picture of 25 megapixels of noise is 75 MB.
MAX_PARTS = 160 << 20

Buffer = bytes | bytearray | memoryview
Header = dict[str, Any]


class ProtocolError(Exception):
    """The other side does not speak this protocol."""


def pack(header: Header, parts: Sequence[Buffer]) -> bytes:
    """One message; the sizes of the parts are added to the header as `parts`."""
    text = json.dumps({**header, "parts": [len(part) for part in parts]}, allow_nan=False).encode()
    size = sum(len(part) for part in parts)
    if len(text) > MAX_HEADER or size > MAX_PARTS:
        raise ProtocolError(f"a message of {len(text)} + {size} bytes is beyond the limit")
    return b"".join((PREFIX.pack(_MARK, len(text), size), text, *parts))


def unpack_prefix(prefix: Buffer) -> tuple[int, int]:
    """Length of the header and of the parts that follow. ProtocolError when it is not ours or too long."""
    mark, header, parts = PREFIX.unpack(prefix)
    if mark != _MARK or header > MAX_HEADER or parts > MAX_PARTS:
        raise ProtocolError("the message starts wrongly")
    return header, parts


def unpack(body: Buffer, header_size: int) -> tuple[Header, list[memoryview]]:
    """Header and parts of a message's body (what follows the prefix)."""
    view = memoryview(body)
    try:
        header = json.loads(bytes(view[:header_size]), parse_constant=_refuse)
        sizes = header.pop("parts")
        if not all(type(size) is int and size >= 0 for size in sizes):
            raise ValueError("sizes")
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        raise ProtocolError(f"the header is not readable: {error}") from error
    if sum(sizes) != len(view) - header_size:
        raise ProtocolError("the parts do not add up")
    parts, position = [], header_size
    for size in sizes:
        parts.append(view[position : position + size])
        position += size
    return header, parts


def request_message(request: PictureRequest, cpu_seconds: float) -> bytes:
    """Pool to decoder, with the CPU time it may use.

    Parts: sequence header, previous signature (may be empty), packets.
    """
    facts = request.exif
    header = {
        "cpu": cpu_seconds,
        "codec": request.config.codec,
        "packets": [(p.dts_ms, p.cts_ms, p.keyframe) for p in request.packets],
        "outputs": [dataclasses.asdict(spec) for spec in request.outputs],
        "exif": facts and {k: _to_json(v) for k, v in dataclasses.asdict(facts).items()},
    }
    parts = [request.config.extradata, request.previous or b"", *(p.data for p in request.packets)]
    return pack(header, parts)


def parse_request(header: Header, parts: Sequence[memoryview]) -> PictureRequest:
    """The request inside the decoder; it comes from our own parent, so it is built without suspicion."""
    facts = header["exif"]
    return PictureRequest(
        config=CodecConfig(header["codec"], bytes(parts[0])),
        previous=bytes(parts[1]) or None,
        packets=[
            Packet(dts, cts, keyframe, data, 0.0)
            for (dts, cts, keyframe), data in zip(header["packets"], parts[2:], strict=True)
        ],
        outputs=[OutputSpec(**spec) for spec in header["outputs"]],
        exif=facts and PictureFacts(**{k: _from_json(k, v) for k, v in facts.items()}),
    )


def result_message(result: PictureResult) -> bytes:
    """Decoder to pool. Parts: signature, then the pictures."""
    header = {
        "pictures": [(p.format, p.width, p.height, p.sha256) for p in result.pictures],
        "source": (result.source_width, result.source_height),
        "flags": sorted(result.flags),
        "ms": (result.decode_ms, result.encode_ms),
        "luma": result.mean_luma,
        "aspect": result.sample_aspect,
    }
    return pack(header, [result.signature, *(p.data for p in result.pictures)])


def failure_message(error: DecodeFailed) -> bytes:
    return pack({"failed": error.reason, "detail": error.detail[:500]}, [])


def parse_result(header: Header, parts: Sequence[memoryview], outputs: Sequence[OutputSpec]) -> PictureResult:
    """The decoder's answer, every field checked: its DecodeFailed, or ProtocolError when it is nonsense."""
    if "failed" in header:
        reason = header["failed"]
        if not isinstance(reason, str) or reason not in REASONS:
            raise ProtocolError("an unknown reason")
        raise DecodeFailed(reason, str(header.get("detail", ""))[:500])  # type: ignore[arg-type]  # in REASONS
    try:
        flags = frozenset(header["flags"])
        source_width, source_height = (_size(value) for value in header["source"])
        decode_ms, encode_ms = (_number(value) for value in header["ms"])
        signature, *images = parts
        pictures = [
            _picture(spec, fields, data)
            for spec, fields, data in zip(outputs, header["pictures"], images, strict=True)
        ]
        if len(signature) != SIGNATURE_BYTES or not flags <= FLAGS:
            raise ValueError("signature or flags")
        luma, aspect = _number(header["luma"]), str(header["aspect"])[:20]
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ProtocolError(f"the answer is not a result: {error}") from error
    return PictureResult(
        pictures, source_width, source_height, bytes(signature), flags, decode_ms, encode_ms, luma, aspect
    )


def _picture(spec: OutputSpec, fields: Any, data: memoryview) -> Picture:
    kind, width, height, digest = fields
    if kind != spec.format or kind not in FORMATS or len(bytes.fromhex(digest)) != 32:
        raise ValueError("a picture that was not asked for")
    return Picture(spec.format, _size(width), _size(height), bytes(data), digest)


def _size(value: Any) -> int:
    if type(value) is not int or not 1 <= value <= MAX_DIMENSION:
        raise ValueError(f"{value!r} is not a size")
    return value


def _number(value: Any) -> float:
    if not 0 <= float(value) < 1e9:
        raise ValueError(f"{value!r} is not a plausible number")
    return float(value)


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _to_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _from_json(name: str, value: Any) -> Any:
    times = ("taken_at", "received_at", "source_time")
    return datetime.fromisoformat(value) if name in times and value else value
