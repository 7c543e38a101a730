"""Damaged and hostile streams give an error with its reason, never a grey picture."""

import random

import pytest

from snapplatform.media.codec import CodecConfig
from snapplatform.media.picture import decode_newest, take_picture
from snapplatform.media.ring import Packet
from snapplatform.media.scene import read_frame_number
from snapplatform.media.synthetic import Camera
from snapplatform.media.types import DecodeFailed, PictureRequest

from .samples import JPEG, SMALL, opened, sample
from .test_codec import avcc_of, sps_of


def with_data(packets, index: int, data: bytes) -> list[Packet]:
    changed = list(packets)
    old = changed[index]
    changed[index] = Packet(old.dts_ms, old.cts_ms, old.keyframe, data, old.received_at)
    return changed


def reason_of(config, packets) -> str:
    with pytest.raises(DecodeFailed) as failed:
        take_picture(PictureRequest(config, packets, [JPEG]))
    return failed.value.reason


@pytest.mark.parametrize("codec", ["h264", "hevc"])
@pytest.mark.parametrize("index", [0, 3, 5])
def test_truncated_packets_are_corrupt(codec, index):
    config, packets = sample(Camera(320, 180, codec=codec))
    whole = packets[index].data
    # The cut also in slice data with its length put right, as an encoder that died leaves it.
    for keep in (1, 3, 5, len(whole) // 2, len(whole) - 1):
        assert reason_of(config, with_data(packets, index, whole[:keep])) == "corrupt"


def test_a_slice_that_ends_early_is_corrupt():
    config, packets = sample()
    units = packets[0].data
    start = 0
    while start + 4 + int.from_bytes(units[start : start + 4], "big") < len(units):
        start += 4 + int.from_bytes(units[start : start + 4], "big")
    half = units[start + 4 : start + 4 + (len(units) - start) // 2]
    data = units[:start] + len(half).to_bytes(4, "big") + half
    assert reason_of(config, with_data(packets, 0, data)[:1]) == "corrupt"


def test_no_keyframe_is_corrupt():
    config, packets = sample()
    assert reason_of(config, packets[1:]) == "corrupt"
    assert reason_of(config, []) == "corrupt"
    lying = [Packet(p.dts_ms, p.cts_ms, True, p.data, 0.0) for p in packets[1:]]
    assert reason_of(config, lying) == "corrupt"


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_a_frame_without_its_references_is_refused_by_its_mark(codec):
    config, packets = sample(Camera(320, 180, codec=codec))
    lying = [Packet(p.dts_ms, p.cts_ms, True, p.data, 0.0) for p in packets[1:]]
    with pytest.raises(DecodeFailed, match="depends on data that is missing"):
        decode_newest(config, lying)


def test_a_reference_lost_in_the_middle_gives_no_older_frame_instead():
    config, packets = sample(Camera(320, 180, codec="hevc"))
    with pytest.raises(DecodeFailed, match="depends on data that is missing"):
        take_picture(PictureRequest(config, packets[:1] + packets[2:], [JPEG]))


def test_packets_of_another_stream_are_corrupt_or_right():
    config, _ = sample(Camera(640, 360))
    _, packets = sample(Camera(320, 180, codec="hevc"))
    assert reason_of(config, packets) == "corrupt"


@pytest.mark.parametrize("seed", range(3))
def test_random_damage_never_ends_in_another_exception(seed):
    chance = random.Random(seed)
    config, packets = sample(SMALL, 6)
    refused = 0
    for _ in range(40):
        index = chance.randrange(len(packets))
        data = bytearray(packets[index].data)
        for _ in range(chance.choice((1, 3, 30))):
            data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            take_picture(PictureRequest(config, with_data(packets, index, bytes(data)), [JPEG]))
        except DecodeFailed as error:
            assert error.reason in ("corrupt", "too large")
            refused += 1
    assert refused > 20


def test_a_malformed_sei_costs_nothing():
    config, packets = sample()
    # A recovery point message whose payload length passes the end of its unit.
    sei = b"\x06\x06\xff\x20\x80"
    data = len(sei).to_bytes(4, "big") + sei + packets[0].data
    result = take_picture(PictureRequest(config, with_data(packets, 0, data), [JPEG]))
    assert read_frame_number(opened(result.pictures[0])) == 5


def test_size_bombs_are_refused_before_decoding():
    _, packets = sample()
    bomb = sps_of(1000, 1000)
    assert reason_of(CodecConfig("h264", avcc_of(bomb)), packets) == "too large"
    config, _ = sample()
    data = len(bomb).to_bytes(4, "big") + bomb + packets[0].data
    assert reason_of(config, with_data(packets, 0, data)) == "too large"


@pytest.mark.parametrize("unit", [b"\0\0\0\1\x65", b"\0\0\0\0"])
def test_a_million_units_in_one_frame_cost_nothing(unit):
    config, packets = sample()
    with pytest.raises(DecodeFailed, match="more than 10000 NAL units"):
        take_picture(PictureRequest(config, with_data(packets, 0, unit * 1_000_000), [JPEG]))


def test_an_unreadable_sequence_header_is_unsupported():
    _, packets = sample()
    assert reason_of(CodecConfig("h264", b"\x02junk"), packets) == "unsupported"
    assert reason_of(CodecConfig("av1", b""), packets) == "unsupported"
