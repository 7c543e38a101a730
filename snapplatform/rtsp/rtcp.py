"""RTCP (RFC 3550, 6): sender reports tell the camera's time; we answer with receiver reports."""

import struct
from dataclasses import dataclass

from snapplatform import clock
from snapplatform.rtsp.rtp import RtpSource

_SENDER_REPORT, _RECEIVER_REPORT, _DESCRIPTION, _BYE = 200, 201, 202, 203
_SENDER = struct.Struct(">IIII")  # ssrc, seconds and fraction of NTP time, time stamp
_PARTS = 16  # of one compound packet that are looked at
_NTP_TO_UNIX = 2208988800  # seconds from 1900 to 1970
_ERA = 1 << 32  # seconds, the first from 1900 to 2036 (RFC 5905, 6)
# A camera that was never told the time says 1970 or 2000, or counts from its start.
_SENSIBLE = 365 * 86400  # seconds from our clock


class SenderClock:
    """Unix time of time stamps, by the newest sender report."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._seconds: float | None = None
        self._timestamp = 0

    def set(self, ntp_seconds: int, ntp_fraction: int, timestamp: int) -> None:
        ours = clock.now().timestamp()
        seconds = ntp_seconds - _NTP_TO_UNIX + ntp_fraction / (1 << 32)
        seconds += round((ours - seconds) / _ERA) * _ERA
        self._seconds = seconds if abs(seconds - ours) < _SENSIBLE else None
        self._timestamp = timestamp

    def forget(self) -> None:
        self._seconds = None

    def time_of(self, timestamp: int) -> float | None:
        """None as long as no sensible report has come."""
        if self._seconds is None:
            return None
        step = (timestamp - self._timestamp) & 0xFFFFFFFF
        if step >= 0x80000000:
            step -= 0x100000000
        return self._seconds + step / self._rate


@dataclass(slots=True)
class LastReport:
    """Of the sender, as our reports have to mention it."""

    middle: int = 0  # 32 bits from the middle of its NTP time
    at: float = 0.0  # when it came, by the loop's clock


class Reports:
    """One source's RTCP."""

    def __init__(self, source: RtpSource, sender: SenderClock, ssrc: int) -> None:
        self._source, self._sender, self._ssrc = source, sender, ssrc
        self._last = LastReport()
        self._expected = self._received = 0  # at our last report
        self.bye = False

    def receive(self, buf: bytearray, at: int, stop: int, now: float) -> None:
        """A compound packet in buf[at:stop]. What makes no sense is passed over."""
        for _ in range(_PARTS):
            if at + 8 > stop or buf[at] >> 6 != 2:
                return
            kind = buf[at + 1]
            following = at + 4 + 4 * (buf[at + 2] << 8 | buf[at + 3])
            if following > stop:
                return
            if kind == _SENDER_REPORT and following - at >= 28:
                self._on_sender_report(buf, at + 4, now)
            elif kind == _BYE and buf[at] & 31:
                ssrc = int.from_bytes(buf[at + 4 : at + 8], "big")
                self.bye = self.bye or self._source.ssrc in (None, ssrc)
            at = following

    def report(self, now: float) -> bytes:
        """A receiver report with our name, or b"" before anything has come. Jitter is left 0: over TCP it
        says nothing of the network."""
        source = self._source
        if source.ssrc is None:
            return b""
        expected, received = source.expected, source.received
        new, came = expected - self._expected, received - self._received
        self._expected, self._received = expected, received
        share = min(255, max(0, new - came) * 256 // new) if new > 0 else 0
        lost = min(0x7FFFFF, max(0, expected - received))
        delay = min(0xFFFFFFFF, int((now - self._last.at) * 65536)) if self._last.middle else 0
        block = struct.pack(
            ">IIIIII", source.ssrc, share << 24 | lost, source.highest, 0, self._last.middle, delay
        )
        head = struct.pack(">BBHI", 0x81, _RECEIVER_REPORT, 7, self._ssrc)
        name = f"{self._ssrc:08x}".encode()  # CNAME, 8 bytes; with its two of head and zeros: 12
        description = struct.pack(">BBHI", 0x81, _DESCRIPTION, 4, self._ssrc) + b"\x01\x08" + name + b"\0\0"
        return head + block + description

    def _on_sender_report(self, buf: bytearray, at: int, now: float) -> None:
        ssrc, seconds, fraction, timestamp = _SENDER.unpack_from(buf, at)
        if self._source.ssrc is not None and ssrc != self._source.ssrc:
            return
        self._sender.set(seconds, fraction, timestamp)
        self._last = LastReport((seconds & 0xFFFF) << 16 | fraction >> 16, now)
