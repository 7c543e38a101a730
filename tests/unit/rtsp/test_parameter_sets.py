"""avcC and hvcC, compared with those that FFmpeg writes."""

import pytest

from snapplatform.media.codec import CodecConfig
from snapplatform.media.synthetic import Camera, encode_sample
from snapplatform.parameter_sets import H264Sets, HevcSets
from tests.unit.rtsp.feeding import PPS, SPS, parameter_sets, sample


@pytest.mark.parametrize("pixels", ["yuv420p", "yuv422p", "yuv444p"])
def test_avcc_is_what_ffmpeg_writes(pixels: str) -> None:
    config, _ = encode_sample(Camera(width=320, height=240, preset="medium", pixel_format=pixels), 2)
    sets = H264Sets()
    for unit in parameter_sets(config):
        sets.add(unit)
    assert sets.changed
    assert sets.config() == config.extradata
    assert not sets.changed


@pytest.mark.parametrize("pixels", ["yuv420p", "yuv422p10le"])
def test_hvcc_has_what_ffmpegs_has(pixels: str) -> None:
    config, _ = sample("hevc", 2, pixel_format=pixels)
    sets = HevcSets()
    for unit in parameter_sets(config):
        sets.add(unit)
    ours = sets.config()
    assert ours is not None
    theirs = config.extradata
    assert ours[:13] == theirs[:13]  # version, profile, tier, compatibility, level
    assert ours[16:19] == theirs[16:19]  # chroma, depths
    assert ours[21] & 0x3F == theirs[21] & 0x3F  # layers, nesting
    again = CodecConfig("hevc", ours)
    assert parameter_sets(again) == parameter_sets(config)
    assert again.info == config.info


@pytest.mark.parametrize(
    "units",
    [
        pytest.param([], id="none"),
        pytest.param([SPS], id="no PPS"),
        pytest.param([PPS], id="no SPS"),
        pytest.param([b"\x67", b"\x68"], id="empty"),
        pytest.param([b"\x67\x64\x00\x1f\x80", PPS], id="an SPS that ends early"),
        pytest.param([SPS, b"\x68" + b"\0" * 30], id="a PPS without a number"),
        pytest.param([SPS, PPS + bytes(2000)], id="too long"),
    ],
)
def test_without_all_of_them_there_is_nothing(units: list[bytes]) -> None:
    sets = H264Sets()
    for unit in units:
        sets.add(unit)
    assert sets.config() is None


def test_the_same_again_is_no_news() -> None:
    sets = H264Sets()
    for unit in (SPS, PPS):
        sets.add(unit)
    before = sets.config()
    for unit in (SPS, PPS):
        sets.add(unit)
    assert not sets.changed
    sets.add(PPS + b"\x80")
    assert sets.changed
    assert sets.config() != before


def test_another_sequence_forgets_the_pictures_of_the_old_one() -> None:
    sets = H264Sets()
    for unit in (SPS, PPS, SPS[:3] + b"\x29" + SPS[4:]):
        sets.add(unit)
    assert sets.config() is None
    sets.add(PPS)
    assert sets.config() is not None


def test_a_flood_is_bounded() -> None:
    sets = HevcSets()
    for number in range(100_000):
        sets.add(b"\x44\x01" + number.to_bytes(3, "big") + bytes(900))
    assert sets.config() is None
    assert sum(len(kept.units) for kept in sets._kept.values()) <= 32
