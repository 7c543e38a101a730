"""Where access units end, and which of them are keyframes."""

from base64 import b64encode
from itertools import chain

import pytest

from snapplatform.media.codec import CodecName
from snapplatform.rtsp import ProtocolError, Unsupported
from tests.unit.rtsp.feeding import IDR, INTER, PPS, SPS, Fed, packed, parameter_sets, sample
from tests.unit.rtsp.packets import Packer, fu_a
from tests.unit.rtsp.units import FRAME, KEY, numbers, stream


@pytest.mark.parametrize("aggregate", [False, True])
@pytest.mark.parametrize("in_band", [False, True])
@pytest.mark.parametrize("codec", ["h264", "hevc"])
@pytest.mark.parametrize("bframes", [0, 2])
def test_every_frame_arrives_as_it_was_encoded(
    codec: CodecName, bframes: int, in_band: bool, aggregate: bool
) -> None:
    config, packets = sample(codec, 30, bframes=bframes)
    parameters = {}
    if not in_band:
        names = ["sprop-parameter-sets"] if codec == "h264" else ["sprop-vps", "sprop-sps", "sprop-pps"]
        lists = [b64encode(unit).decode() for unit in parameter_sets(config)]
        parameters = {names[0]: ",".join(lists)} if codec == "h264" else dict(zip(names, lists, strict=True))
    fed = Fed("h264" if codec == "h264" else "h265", parameters)
    fed.give(chain(*packed(config, packets, Packer(codec, aggregate=aggregate), in_band=in_band)))
    fed.track.units.begin(0)  # what follows
    assert len(fed.sink.configs) == 1
    assert [unit.keyframe for unit in fed.sink.units] == [packet.keyframe for packet in packets]
    origin = packets[0].pts_ms
    assert [unit.pts for unit in fed.sink.units] == [packet.pts_ms - origin for packet in packets]
    decoding = [unit.dts for unit in fed.sink.units]
    assert decoding == sorted(decoding)
    assert numbers(fed.sink) == list(range(30))


def test_the_marker_ends_a_unit_at_once() -> None:
    fed = Fed()
    first, second, third = stream("k", "p", "p")
    fed.give(first)
    assert not fed.sink.units  # whether the marker can be trusted is seen only with the next picture
    fed.give(second)
    assert fed.sink.shown == [(0, True), (40, False)]
    fed.give(third)
    assert len(fed.sink.units) == 3


def test_without_markers_the_next_time_stamp_ends_a_unit() -> None:
    fed, packer = Fed(), Packer()
    for index in range(4):
        fed.give(packer.unit(KEY if not index else FRAME, index * 3600, marker=False))
    assert fed.sink.shown == [(0, True), (40, False), (80, False)]


def test_a_server_that_marks_each_slice() -> None:
    fed, packer = Fed(), Packer()
    slices = [b"\x65\x88" + bytes(100), b"\x65\x20" + bytes(100), b"\x65\x10" + bytes(100)]
    for index in range(3):
        for nal in (SPS, PPS, *slices):
            fed.give(packer.unit([nal], index * 3600))
    assert [unit.nals for unit in fed.sink.units] == [[SPS, PPS, *slices]] * 2


def test_a_server_that_begins_to_mark_each_slice() -> None:
    fed, packer = Fed(), Packer()
    fed.give(chain(*stream("k", "p", "k", packer=packer)))
    for index in range(3, 6):
        for nal in (SPS, PPS, b"\x65\x88" + bytes(100), b"\x65\x20" + bytes(100)):
            fed.give(packer.unit([nal], index * 3600))
    # One half picture, then the rest of it is dropped, and then all is whole.
    assert [(unit.pts, len(unit.nals)) for unit in fed.sink.units[3:]] == [(120, 3), (160, 4)]


def test_marked_parameter_sets_belong_to_the_picture_after_them() -> None:
    fed, packer = Fed(), Packer()
    for index in range(3):
        for nal in (SPS, PPS, IDR + bytes(50)):
            fed.give(packer.unit([nal], index * 3600))
    assert [unit.nals for unit in fed.sink.units] == [[SPS, PPS, IDR + bytes(50)]] * 3


def test_parameter_sets_with_a_time_of_their_own() -> None:
    fed, packer = Fed(), Packer()
    for index in range(3):
        fed.give(packer.unit([SPS, PPS], index * 3600 - 1))
        fed.give(packer.unit([IDR + bytes(50)], index * 3600))
    assert [unit.nals for unit in fed.sink.units] == [[IDR + bytes(50)]] * 3
    assert len(fed.sink.configs) == 1


def test_nothing_comes_before_a_keyframe_and_its_parameter_sets() -> None:
    fed, packer = Fed(), Packer()
    units = [FRAME, [IDR + bytes(9)], FRAME, KEY, FRAME, FRAME]
    for index, nals in enumerate(units):
        fed.give(packer.unit(nals, index * 3600))
    assert fed.sink.shown == [(120, True), (160, False), (200, False)]
    assert fed.stats.skipped_units == 3


def test_a_recovery_point_is_a_keyframe() -> None:
    fed, packer = Fed(), Packer()
    sei = b"\x06\x06\x01\xc4\x80"
    for index in range(3):
        fed.give(packer.unit([SPS, PPS, sei, INTER + bytes(50)] if index != 1 else FRAME, index * 3600))
    assert fed.sink.shown == [(0, True), (40, False), (80, True)]


def test_new_parameter_sets_are_told_before_their_keyframe() -> None:
    fed, packer = Fed(), Packer()
    other = SPS[:3] + b"\x29" + SPS[4:]
    for index, nals in enumerate([KEY, FRAME, [other, PPS, IDR + bytes(9)], FRAME, KEY]):
        fed.give(packer.unit(nals, index * 3600))
    assert [extradata[3] for _, extradata in fed.sink.configs] == [0x28, 0x29, 0x28]
    assert len(fed.sink.units) == 5


def test_a_keyframe_without_its_new_parameter_sets_is_waited_past() -> None:
    fed, packer = Fed(), Packer()
    other = SPS[:3] + b"\x29" + SPS[4:]
    for index, nals in enumerate(
        [KEY, FRAME, [other, IDR + bytes(9)], FRAME, [other, PPS, IDR + bytes(9)], FRAME]
    ):
        fed.give(packer.unit(nals, index * 3600))
    assert fed.sink.shown == [(0, True), (40, False), (160, True), (200, False)]
    assert [extradata[3] for _, extradata in fed.sink.configs] == [0x28, 0x29]


def test_a_picture_without_an_end() -> None:
    fed = Fed(unit_bytes=10_000)
    packer = Packer()
    first, middle, *_ = fu_a(IDR + bytes(9000), 1400)
    with pytest.raises(ProtocolError):
        fed.give(packer.packet(payload, 0) for payload in [first, *[middle] * 20])


@pytest.mark.parametrize(
    ("codec", "parameters"),
    [
        ("h264", {"packetization-mode": "2"}),
        ("h265", {"sprop-max-don-diff": "2"}),
        ("h265", {"sprop-depack-buf-nalus": "1"}),
    ],
)
def test_other_orders_are_refused_in_words(codec: str, parameters: dict[str, str]) -> None:
    with pytest.raises(Unsupported):
        Fed(codec, parameters)
