"""Payloads of H.264 and HEVC to NAL units: each kind of packet, and what is refused in words."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapplatform.rtsp import ProtocolError, Unsupported, h264, hevc
from snapplatform.rtsp.nal import UnitBuilder
from tests.unit.rtsp.packets import fu_a, hevc_ap, hevc_fu, nals_of, stap_a

SLICE = b"\x41\x9a" + bytes(range(200))
SPS, PPS, SEI, DELIMITER, FILLER = (
    b"\x67\x42\x00\x0a\xf8",
    b"\x68\xce\x38\x80",
    b"\x06\x05\x01\x00\x80",
    b"\x09\xf0",
    b"\x0c\xff\xff\x80",
)
HEVC_SLICE = b"\x02\x01\xd0" + bytes(range(200))
VPS = b"\x40\x01\x0c\x01"


def builder(codec: str = "h264", limit: int = 100_000) -> tuple[UnitBuilder, list[bytes]]:
    found: list[bytes] = []
    return UnitBuilder(h264.CODEC if codec == "h264" else hevc.CODEC, limit, found.append), found


def h264_unit(*payloads: bytes) -> UnitBuilder:
    unit, _ = builder()
    for payload in payloads:
        h264.depacketise(unit, bytearray(b"?" + payload + b"?"), 1, 1 + len(payload))
    return unit


def hevc_unit(*payloads: bytes) -> UnitBuilder:
    unit, _ = builder("hevc")
    for payload in payloads:
        hevc.depacketise(unit, bytearray(b"?" + payload + b"?"), 1, 1 + len(payload))
    return unit


def test_h264_single_and_aggregated_and_fragmented() -> None:
    unit = h264_unit(stap_a(SPS, PPS), SEI, *fu_a(SLICE, 50))
    assert list(nals_of(unit.take())) == [SPS, PPS, SEI, SLICE]
    assert not unit.damaged
    assert unit.begins
    assert not unit.keyframe


def test_hevc_single_and_aggregated_and_fragmented() -> None:
    idr = b"\x26\x01\x80" + bytes(300)
    unit = hevc_unit(hevc_ap(VPS, VPS), *hevc_fu(idr, 50), *hevc_fu(HEVC_SLICE, 77))
    assert list(nals_of(unit.take())) == [VPS, VPS, idr, HEVC_SLICE]
    assert not unit.damaged
    assert unit.begins
    assert unit.keyframe


def test_a_temporal_layer_survives_fragmentation() -> None:
    nal = b"\x03\x0b\x80" + bytes(500)  # the layer's bits lie in both bytes of the header
    assert list(nals_of(hevc_unit(*hevc_fu(nal, 100)).take())) == [nal]


def test_delimiters_and_filler_are_left_out() -> None:
    unit = h264_unit(DELIMITER, SLICE, FILLER, *fu_a(b"\x0c" + bytes(300), 100))
    assert list(nals_of(unit.take())) == [SLICE]
    assert not unit.damaged


def test_parameter_sets_are_told_also_when_fragmented() -> None:
    unit, found = builder()
    for payload in (SPS, *fu_a(b"\x68" + bytes(90), 40)):
        h264.depacketise(unit, bytearray(payload), 0, len(payload))
    assert found == [SPS, b"\x68" + bytes(90)]


@pytest.mark.parametrize(
    "payloads",
    [
        pytest.param(fu_a(SLICE, 50)[1:], id="no first fragment"),
        pytest.param(fu_a(SLICE, 50)[:-1], id="no last fragment"),
        pytest.param([*fu_a(SLICE, 50)[:-1], *fu_a(SLICE, 50)], id="begun anew"),
        pytest.param([b"\x7c\x85"], id="fragment of nothing"),
        pytest.param([b"\x78\x00\x09abc"], id="aggregate beyond its end"),
        pytest.param([b"\x78\x00\x02ab\x00"], id="half a size"),
        pytest.param([b"\xc1\x9aabc"], id="known to be damaged"),
    ],
)
def test_damage_is_noticed(payloads: list[bytes]) -> None:
    unit = h264_unit(*payloads)
    assert unit.damaged


@pytest.mark.parametrize(("kind", "name"), [(25, "STAP-B"), (26, "MTAP16"), (27, "MTAP24"), (29, "FU-B")])
def test_what_h264_interleaves_is_refused_in_words(kind: int, name: str) -> None:
    with pytest.raises(Unsupported, match=f"H.264 in packets of type {name}"):
        h264_unit(bytes((0x60 | kind,)) + bytes(20))


def test_paci_is_refused_in_words() -> None:
    with pytest.raises(Unsupported, match="PACI"):
        hevc_unit(bytes((50 << 1, 1)) + bytes(20))


@pytest.mark.parametrize("kind", [0, 30, 31])
def test_undefined_kinds_are_passed_over(kind: int) -> None:
    unit = h264_unit(SLICE, bytes((0x60 | kind,)) + b"abc")
    assert list(nals_of(unit.take())) == [SLICE]
    assert not unit.damaged


def test_a_picture_has_a_largest_size() -> None:
    unit, _ = builder(limit=1000)
    first, more, *_ = fu_a(b"\x65" + bytes(5000), 400)
    with pytest.raises(ProtocolError, match="a picture of more than 1000 bytes"):
        for payload in (first, more, more, more):
            h264.depacketise(unit, bytearray(payload), 0, len(payload))


@pytest.mark.parametrize(
    ("sei", "found"),
    [
        (b"\x06\x06\x01\xc4\x80", True),  # 0 frames, as x264 writes it with open GOPs
        (b"\x06\x06\x01\x44\x80", False),  # 1 frame: not this picture
        (b"\x06\x05\x03abc\x06\x01\xc4\x80", True),
        (b"\x06\x05\xff\x01" + bytes(256) + b"\x06\x01\x80\x80", True),
        (b"\x06\x05\x01\x06\x80", False),
        (b"\x06\xff\xff\xff", False),
        (b"\x06\x06\x01", False),
        (b"\x06\x05\xff\xff\xff", False),
        (b"\x06", False),
    ],
)
def test_recovery_points(sei: bytes, found: bool) -> None:
    assert h264.is_recovery_point(sei) is found


@pytest.mark.parametrize("body", [b"\x05\x00", b"\xff", b"\x05\xff"])
def test_endless_messages_are_not_read_to_their_end(body: bytes) -> None:
    unit, _ = builder(limit=1 << 23)
    nal = b"\x06" + body * ((1 << 22) // len(body))
    begin = time.process_time()
    unit.add(bytearray(nal), 0, len(nal))
    assert time.process_time() - begin < 0.2
    assert not unit.keyframe


@given(st.lists(st.binary(min_size=1, max_size=60), max_size=20), st.booleans())
def test_random_payloads(payloads: list[bytes], newer: bool) -> None:
    unit, _ = builder("hevc" if newer else "h264", 500)
    for payload in payloads:
        try:
            (hevc if newer else h264).depacketise(unit, bytearray(payload), 0, len(payload))
        except (Unsupported, ProtocolError):
            continue
    if not unit.damaged:
        assert b"".join(len(nal).to_bytes(4, "big") + nal for nal in nals_of(unit.data)) == unit.data
