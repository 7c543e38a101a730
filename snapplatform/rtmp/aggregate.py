"""Aggregate messages: many small ones in one, as FLV tags (Adobe's RTMP Specification 1.0, section 7.1.6)."""

import struct
from collections.abc import Iterator

from snapplatform.rtmp import messages
from snapplatform.rtmp.errors import ProtocolError

MAX_PARTS = 1000  # a second of the busiest stream holds a tenth of it
_HEADER = struct.Struct(">BBHHBB3x")  # kind, length 8+16 bits, time 16+8+8 bits with the highest at the end
_BACK_POINTER = 4


def split(timestamp: int, payload: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Kind, timestamp (32 bit) and payload of each audio and video message inside. `timestamp` is that of the
    first one; theirs are only good for differences. ProtocolError when it is malformed.

    Data messages are left out: reading their AMF takes long, and nothing would stop a thousand in a row.
    """
    pos, first = 0, None
    for _ in range(MAX_PARTS):
        if pos >= len(payload):
            return
        if pos + _HEADER.size > len(payload):
            raise ProtocolError("chunk", "aggregate cut short")
        kind, high, low, time, time_low, time_high = _HEADER.unpack_from(payload, pos)
        start = pos + _HEADER.size
        end = start + (high << 16 | low)
        if end > len(payload):
            raise ProtocolError("chunk", "aggregate cut short")
        own = time_high << 24 | time << 8 | time_low
        first = own if first is None else first
        if kind in (messages.AUDIO, messages.VIDEO):
            yield kind, (timestamp + own - first) & 0xFFFFFFFF, payload[start:end]
        pos = end + _BACK_POINTER
    raise ProtocolError("chunk", f"aggregate of more than {MAX_PARTS} messages")
