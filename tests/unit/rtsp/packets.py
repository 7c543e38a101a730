"""RTP packets made by hand, after the drawings of RFC 3550, 6184 and 7798; knows nothing of the client."""

import struct
from collections.abc import Iterator

SSRC = 0xDECAFBAD


def rtp(
    number: int, timestamp: int, payload: bytes, *, marker: bool = False, kind: int = 96, ssrc: int = SSRC
) -> bytes:
    second = (0x80 if marker else 0) | kind
    head = struct.pack(">BBHII", 0x80, second, number & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc)
    return head + payload


def interleaved(packet: bytes, channel: int = 0) -> bytes:
    return b"$" + bytes((channel,)) + struct.pack(">H", len(packet)) + packet


def sender_report(unix_seconds: float, timestamp: int, ssrc: int = SSRC) -> bytes:
    ntp = int((unix_seconds + 2208988800) * 2**32)
    return struct.pack(
        ">BBHIQIII", 0x80, 200, 6, ssrc, ntp & 0xFFFFFFFFFFFFFFFF, timestamp & 0xFFFFFFFF, 1, 1
    )


def bye(ssrc: int = SSRC) -> bytes:
    return struct.pack(">BBHI", 0x81, 203, 1, ssrc)


def fu_a(nal: bytes, size: int) -> list[bytes]:
    """Payloads of at most `size` bytes of one H.264 NAL unit."""
    indicator, kind, body = nal[0] & 0xE0 | 28, nal[0] & 0x1F, nal[1:]
    parts = [body[at : at + size - 2] for at in range(0, len(body), size - 2)]
    flags = [0x80 if part is parts[0] else 0x40 if part is parts[-1] else 0 for part in parts]
    return [bytes((indicator, flag | kind)) + part for flag, part in zip(flags, parts, strict=True)]


def stap_a(*nals: bytes) -> bytes:
    most = max(nal[0] & 0x60 for nal in nals)
    return bytes((most | 24,)) + b"".join(struct.pack(">H", len(nal)) + nal for nal in nals)


def hevc_fu(nal: bytes, size: int) -> list[bytes]:
    kind, body = nal[0] >> 1 & 0x3F, nal[2:]
    head = bytes((nal[0] & 0x81 | 49 << 1, nal[1]))
    parts = [body[at : at + size - 3] for at in range(0, len(body), size - 3)]
    flags = [0x80 if part is parts[0] else 0x40 if part is parts[-1] else 0 for part in parts]
    return [head + bytes((flag | kind,)) + part for flag, part in zip(flags, parts, strict=True)]


def hevc_ap(*nals: bytes) -> bytes:
    return bytes((48 << 1, 1)) + b"".join(struct.pack(">H", len(nal)) + nal for nal in nals)


def nals_of(data: bytes | memoryview) -> Iterator[bytes]:
    """Of an access unit in which each stands after its length in four bytes."""
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        yield bytes(data[at + 4 : at + 4 + size])
        at += 4 + size


class Packer:
    """NAL units of one source to packets, as a server does it. `aggregate` puts small ones together."""

    def __init__(self, codec: str = "h264", *, size: int = 1400, first: int = 65500, aggregate: bool = False):
        self._codec, self._size, self._aggregate = codec, size, aggregate
        self.number = first

    def unit(self, nals: list[bytes], timestamp: int, *, marker: bool = True) -> list[bytes]:
        """The packets of one access unit; the last one has the marker bit."""
        payloads: list[bytes] = []
        small: list[bytes] = []
        for nal in nals:
            if self._aggregate and len(nal) < 200:
                small.append(nal)
                continue
            payloads += self._flush(small)
            small = []
            payloads += [nal] if len(nal) <= self._size else self._fragments(nal)
        payloads += self._flush(small)
        return [
            self.packet(payload, timestamp, marker=marker and index == len(payloads) - 1)
            for index, payload in enumerate(payloads)
        ]

    def packet(self, payload: bytes, timestamp: int, *, marker: bool = False) -> bytes:
        self.number += 1
        return rtp(self.number - 1, timestamp, payload, marker=marker)

    def _fragments(self, nal: bytes) -> list[bytes]:
        return (fu_a if self._codec == "h264" else hevc_fu)(nal, self._size)

    def _flush(self, small: list[bytes]) -> list[bytes]:
        if len(small) < 2:
            return small
        return [(stap_a if self._codec == "h264" else hevc_ap)(*small)]
