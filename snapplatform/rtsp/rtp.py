"""RTP packets (RFC 3550, 5.1) of one source: is anything missing, and where does the payload lie?"""

import struct

_HEADER = struct.Struct(">BBHII")
HEADER_BYTES = 12
# A number so far from the expected one in either direction is a gap or a packet that came again.
_HALF = 0x8000
ANOTHER_SOURCE = -1


class RtpSource:
    """After accept(): `marker`, `timestamp` (32 bits as they came), `stop` (end of the payload) and `gap`: at
    least so many packets are missing before this one, or ANOTHER_SOURCE."""

    __slots__ = (
        "_again",
        "_cycles",
        "_first",
        "_next",
        "_type",
        "gap",
        "marker",
        "received",
        "ssrc",
        "stop",
        "timestamp",
    )

    def __init__(self, payload_type: int) -> None:
        self._type = payload_type
        self._first = self._next = 0  # sequence numbers; the latter is 0x10000 before it wraps
        self._again = -1  # the number after an unexpected old one
        self._cycles = 0
        self.ssrc: int | None = None
        self.marker = self.timestamp = self.stop = self.gap = 0
        self.received = 0

    def accept(self, buf: bytearray, at: int, stop: int) -> int:
        """Where the payload of the packet in buf[at:stop] starts; 0 for a packet to be passed over."""
        self.gap = 0
        if stop - at <= HEADER_BYTES:
            return 0
        first, second, number, self.timestamp, ssrc = _HEADER.unpack_from(buf, at)
        self.marker = second & 0x80
        self.stop = stop
        start = at + HEADER_BYTES
        if first != 0x80:
            start = self._long_header(buf, first, at, stop)
        if number != self._next or ssrc != self.ssrc:
            start = start and self._unexpected(ssrc, number, start)
        if not start:
            return 0
        self.received += 1
        self._next = number + 1
        # Another payload type shares the numbers, and is nothing that we know.
        return start if second & 0x7F == self._type and start < self.stop else 0

    @property
    def highest(self) -> int:
        """The highest number received, extended by the times it went around (RFC 3550, 6.4.1)."""
        return ((self._cycles << 16) + self._next - 1) & 0xFFFFFFFF

    @property
    def expected(self) -> int:
        """Packets that should have come since the source began."""
        return (self._cycles << 16) + self._next - self._first

    def _long_header(self, buf: bytearray, first: int, at: int, stop: int) -> int:
        """Contributing sources, an extension, padding; 0 when they don't fit."""
        if first >> 6 != 2:
            return 0
        start = at + HEADER_BYTES + (first & 15) * 4
        if first & 0x10:
            if start + 4 > stop:
                return 0
            start += 4 + 4 * (buf[start + 2] << 8 | buf[start + 3])
        if first & 0x20:
            padding = buf[stop - 1]
            if not padding:
                return 0
            self.stop = stop - padding
        return start if start <= self.stop else 0

    def _unexpected(self, ssrc: int, number: int, start: int) -> int:
        if ssrc != self.ssrc:
            self.gap = 0 if self.ssrc is None else ANOTHER_SOURCE
            self.ssrc = ssrc
            self._begin(number)
            return start
        ahead = (number - self._next) & 0xFFFF
        if ahead < _HALF:
            self.gap = ahead
            if number < self._next:
                self._cycles += 1
            return start
        if number == self._again:  # two in a row: the source counts anew (RFC 3550, A.1)
            self.gap = 1
            self._begin(number)
            return start
        self._again = (number + 1) & 0xFFFF
        return 0

    def _begin(self, number: int) -> None:
        self._first = self._next = number
        self._again = -1
        self._cycles = self.received = 0
