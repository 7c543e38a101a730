"""RTP packets (RFC 3550, 5.1) of one source: is anything missing, and where does the payload lie?"""

import struct

_HEADER = struct.Struct(">BBHII")
HEADER_BYTES = 12
# A number so far from the expected one in either direction is a gap or a packet that came again.
_HALF = 0x8000


class RtpSource:
    """After accept(): `marker`, `timestamp` (32 bits as they came), `stop` (end of the payload), `gap` (at
    least so many packets are missing before this one) and `restarted` (it is another source's first one)."""

    __slots__ = (
        "_again",
        "_first",
        "_next",
        "_type",
        "cycles",
        "gap",
        "ignored",
        "marker",
        "missing",
        "received",
        "restarted",
        "ssrc",
        "stop",
        "timestamp",
    )

    def __init__(self, payload_type: int) -> None:
        self._type = payload_type
        self._next = self._first = 0  # sequence numbers
        self._again = -1  # the number after an unexpected old one
        self.ssrc: int | None = None
        self.marker = self.timestamp = self.stop = self.gap = 0
        self.restarted = False
        self.received = self.missing = self.ignored = self.cycles = 0

    def accept(self, buf: bytearray, at: int, stop: int) -> int:
        """Where the payload of the packet in buf[at:stop] starts; 0 for a packet to be passed over."""
        if stop - at < HEADER_BYTES:
            self.ignored += 1
            return 0
        first, second, number, self.timestamp, ssrc = _HEADER.unpack_from(buf, at)
        self.marker = second & 0x80
        self.stop = stop
        self.gap, self.restarted = 0, False
        if first != 0x80:
            start = self._long_header(buf, first, at, stop)
        else:
            start = at + HEADER_BYTES
        if start and (ssrc != self.ssrc or number != self._next):
            start = self._unexpected(ssrc, number, start)
        if not start:
            self.ignored += 1
            return 0
        self.received += 1
        if number == 0xFFFF:
            self.cycles += 1
            self._next = 0
        else:
            self._next = number + 1
        # Another payload type shares the numbers, and is nothing that we know.
        return start if second & 0x7F == self._type and start < self.stop else 0

    @property
    def highest(self) -> int:
        """The highest number received, extended by the times it went around (RFC 3550, 6.4.1)."""
        return ((self.cycles << 16) + self._next - 1) & 0xFFFFFFFF

    @property
    def expected(self) -> int:
        """Packets that should have come since the source began."""
        return (self.cycles << 16) + self._next - self._first

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
            self.restarted = self.ssrc is not None
            self.ssrc = ssrc
            self._begin(number)
            return start
        ahead = (number - self._next) & 0xFFFF
        if ahead < _HALF:
            self.gap = ahead
            self.missing += ahead
            if number < self._next:
                self.cycles += 1
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
        self.cycles = self.missing = self.received = 0
