"""Chunk headers by hand, and a reader that notes what it found."""

import struct
from collections.abc import Sequence

from snapplatform.rtmp import Limits
from snapplatform.rtmp.chunk_reader import ChunkReader

Found = tuple[int, int, int, bytes]  # kind, timestamp, message stream id, payload


def basic(form: int, number: int) -> bytes:
    if number < 64:
        return bytes((form << 6 | number,))
    if number < 320:
        return bytes((form << 6, number - 64))
    return bytes((form << 6 | 1, (number - 64) & 0xFF, (number - 64) >> 8))


def full(form: int, number: int, field: int, size: int = 0, kind: int = 9, stream: int = 1) -> bytes:
    head = basic(form, number) + min(field, 0xFFFFFF).to_bytes(3, "big")
    if form < 2:
        head += size.to_bytes(3, "big") + bytes((kind,))
    if form < 1:
        head += struct.pack("<I", stream)
    return head + (struct.pack(">I", field) if field >= 0xFFFFFF else b"")


def reading(chunk_size: int = 128, limits: Limits | None = None) -> tuple[ChunkReader, list[Found]]:
    found: list[Found] = []
    reader = ChunkReader(lambda *message: found.append(message), limits or Limits())
    reader.message_bytes = reader.partial_bytes = 1 << 20
    reader.chunk_size = chunk_size
    return reader, found


def feed(reader: ChunkReader, data: bytes, cuts: Sequence[int] = ()) -> bytes:
    """Feed in pieces as a connection does it; returns what was left."""
    rest = b""
    for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True):
        piece = rest + data[start:end]
        pos = reader.feed(piece, 0, len(piece))
        while reader.tired:
            pos = reader.feed(piece, pos, len(piece))
        rest = piece[pos:]
    return rest


# A peer that does not repeat extended times is known by four bytes, be they of what comes next.
AFTER = full(0, 2, 0, 0, kind=3)
