"""Sender reports give the camera's time; receiver reports are what RFC 3550 draws."""

import struct
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapplatform import clock
from snapplatform.rtsp.rtcp import Reports, SenderClock
from snapplatform.rtsp.rtp import RtpSource
from tests.unit.rtsp.packets import SSRC, bye, rtp, sender_report

NOON = 1_790_000_000.5  # in 2026


def reports(*numbers: int) -> tuple[Reports, SenderClock]:
    source, sender = RtpSource(96), SenderClock(90000)
    for number in numbers:
        packet = rtp(number, 0, b"a")
        source.accept(bytearray(packet), 0, len(packet))
    return Reports(source, sender, 0x01020304), sender


def give(one: Reports, data: bytes, now: float = 100.0) -> None:
    one.receive(bytearray(b"?" + data + b"?"), 1, 1 + len(data), now)


def test_the_cameras_time() -> None:
    one, sender = reports(1)
    assert sender.time_of(0) is None
    give(one, sender_report(NOON, 0xFFFFFFF0))
    assert sender.time_of(0xFFFFFFF0) == pytest.approx(NOON, abs=1e-6)
    assert sender.time_of(0xFFFFFFF0 + 90000 - 2**32) == pytest.approx(NOON + 1, abs=1e-6)
    assert sender.time_of(0xFFFFFFF0 - 45000) == pytest.approx(NOON - 0.5, abs=1e-6)


@pytest.mark.parametrize("when", [0.0, 946_684_800.0, -2208988800.0, 5000 - 2208988800.0])
def test_a_camera_that_was_never_told_the_time(when: float) -> None:
    one, sender = reports(1)
    give(one, sender_report(when, 0))
    assert sender.time_of(0) is None


def test_after_2036() -> None:
    one, sender = reports(1)
    with clock.hold(datetime(2036, 7, 17, tzinfo=UTC)):
        give(one, sender_report(2_100_000_000, 0))
    assert sender.time_of(0) == pytest.approx(2_100_000_000, abs=1e-6)


def test_reports_of_others_are_passed_over() -> None:
    one, sender = reports(1)
    give(one, sender_report(NOON, 0, ssrc=7) + bye(7))
    assert sender.time_of(0) is None
    assert not one.bye


def test_a_compound_packet_with_a_farewell() -> None:
    one, sender = reports(1)
    give(one, sender_report(NOON, 0) + struct.pack(">BBHI", 0x81, 202, 1, SSRC) + bye())
    assert sender.time_of(0) is not None
    assert one.bye


def test_a_receiver_report() -> None:
    one, _ = reports(10, 11, 13, 14)
    give(one, sender_report(NOON, 0), now=100.0)
    packet = one.report(102.5)
    assert packet[:4] == b"\x81\xc9\0\7"
    own, ssrc, lost, highest, jitter, last, delay = struct.unpack(">IIIIIII", packet[4:32])
    assert (own, ssrc, highest, jitter) == (0x01020304, SSRC, 14, 0)
    assert lost == (256 // 5) << 24 | 1
    ntp = int((NOON + 2208988800) * 65536) & 0xFFFFFFFF
    assert last == ntp
    assert delay == int(2.5 * 65536)
    assert packet[32:] == b"\x81\xca\0\4\1\2\3\4\x01\x0801020304\0\0"
    assert len(packet) % 4 == 0
    assert one.report(107.5)[8 + 4] == 0  # nothing was lost since


def test_nothing_is_reported_before_anything_came() -> None:
    assert reports()[0].report(1.0) == b""


@given(st.binary(max_size=200))
def test_random_packets(data: bytes) -> None:
    one, sender = reports(1)
    give(one, data)
    give(one, b"\x80\xc8" + data)
    sender.time_of(0)
    assert one.report(200.0)
