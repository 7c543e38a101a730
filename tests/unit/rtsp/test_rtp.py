"""RTP headers: where the payload lies, what is missing, and what is passed over."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapplatform.rtsp.rtp import ANOTHER_SOURCE, RtpSource
from tests.unit.rtsp.packets import rtp


def payload_of(source: RtpSource, packet: bytes) -> bytes | None:
    buf = bytearray(b"??" + packet + b"??")
    start = source.accept(buf, 2, 2 + len(packet))
    return bytes(buf[start : source.stop]) if start else None


def header(first: int, rest: bytes) -> bytes:
    return bytes((first, 96)) + struct.pack(">HII", 5, 0, 1) + rest


@pytest.mark.parametrize(
    ("packet", "payload"),
    [
        pytest.param(header(0x80, b"data"), b"data", id="plain"),
        pytest.param(header(0x82, bytes(8) + b"data"), b"data", id="two contributing sources"),
        pytest.param(header(0x90, b"\xbe\xde\0\1abcd" + b"data"), b"data", id="extension"),
        pytest.param(header(0x90, b"\xbe\xde\0\0" + b"data"), b"data", id="empty extension"),
        pytest.param(header(0xA0, b"data\0\0\3"), b"data", id="padding"),
        pytest.param(header(0xB1, b"csrc" + b"\0\0\0\1abcd" + b"data\1"), b"data", id="all of them"),
        pytest.param(header(0x80, b""), None, id="empty"),
        pytest.param(header(0x40, b"data"), None, id="version 1"),
        pytest.param(header(0x8F, b"data"), None, id="sources that are not there"),
        pytest.param(header(0x90, b"\0\0\xff\xffdata"), None, id="extension beyond the end"),
        pytest.param(header(0x90, b"\0"), None, id="half an extension"),
        pytest.param(header(0xA0, b"data\0"), None, id="padding of 0"),
        pytest.param(header(0xA0, b"data\xff"), None, id="padding beyond the beginning"),
        pytest.param(header(0xA0, b"data\5"), None, id="nothing but padding"),
        pytest.param(b"\x80\x60\0\1", None, id="short"),
        pytest.param(b"", None, id="nothing"),
    ],
)
def test_where_the_payload_lies(packet: bytes, payload: bytes | None) -> None:
    assert payload_of(RtpSource(96), packet) == payload


def test_marker_and_time() -> None:
    source = RtpSource(96)
    assert payload_of(source, rtp(1, 0xFFFFFFFF, b"a", marker=True)) == b"a"
    assert (bool(source.marker), source.timestamp) == (True, 0xFFFFFFFF)
    assert payload_of(source, rtp(2, 0, b"a")) == b"a"
    assert (bool(source.marker), source.timestamp) == (False, 0)


def gaps(*numbers: int) -> list[int | None]:
    """What was found missing before each packet; None for one passed over."""
    source = RtpSource(96)
    found = [(payload_of(source, rtp(number, 0, b"a")), source.gap) for number in numbers]
    return [None if payload is None else gap for payload, gap in found]


@pytest.mark.parametrize(
    ("numbers", "found"),
    [
        ([7, 8, 9], [0, 0, 0]),
        ([65534, 65535, 0, 1], [0, 0, 0, 0]),
        ([7, 9], [0, 1]),
        ([65535, 2], [0, 2]),
        ([65533, 1], [0, 3]),
        ([7, 8, 8, 9], [0, 0, None, 0]),
        ([7, 9, 8, 10], [0, 1, None, 0]),
        ([0, 1, 65535, 2], [0, 0, None, 0]),
        ([30000, 30001, 5, 6, 7], [0, 0, None, 1, 0]),
        ([100, 32868], [0, 32767]),
        ([100, 32869], [0, None]),
    ],
)
def test_gaps(numbers: list[int], found: list[int | None]) -> None:
    assert gaps(*numbers) == found


def test_what_a_report_needs() -> None:
    source = RtpSource(96)
    for number in (65530, 65531, 65535, 0, 3):
        payload_of(source, rtp(number, 0, b"a"))
    assert source.received == 5
    assert source.expected == 10
    assert source.highest == 1 << 16 | 3


def test_another_source() -> None:
    source = RtpSource(96)
    payload_of(source, rtp(7, 0, b"a", ssrc=1))
    assert payload_of(source, rtp(4000, 0, b"b", ssrc=2)) == b"b"
    assert source.gap == ANOTHER_SOURCE
    assert payload_of(source, rtp(4001, 0, b"c", ssrc=2)) == b"c"
    assert source.gap == 0
    assert (source.received, source.expected) == (2, 2)


def test_another_payload_type_is_counted_and_passed_over() -> None:
    source = RtpSource(96)
    payload_of(source, rtp(7, 0, b"a"))
    assert payload_of(source, rtp(8, 0, b"fec", kind=97)) is None
    assert payload_of(source, rtp(9, 0, b"b")) == b"b"
    assert source.gap == 0


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_random_packets_give_nothing_outside_of_them(packets: list[bytes]) -> None:
    source = RtpSource(96)
    for packet in packets:
        payload = payload_of(source, packet)
        assert payload is None or (payload and payload in packet[12:])
