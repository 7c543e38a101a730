"""Sequence headers are read and giants refused before a decoder sees them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapplatform.media.codec import (
    BadCodecConfig,
    CodecConfig,
    PictureTooLarge,
    check_access_unit,
    keyframe_size,
    nal_units,
    without_metadata,
)
from snapplatform.media.synthetic import Camera

from .samples import sample


def sps_of(macroblocks_wide: int, macroblocks_high: int) -> bytes:
    """A baseline SPS that claims a size and nothing else."""

    def ue(value: int) -> str:
        digits = f"{value + 1:b}"
        return "0" * (len(digits) - 1) + digits

    bits = f"{66:08b}{0:08b}{30:08b}" + ue(0) + ue(0) + ue(2) + ue(1) + "0"
    bits += ue(macroblocks_wide - 1) + ue(macroblocks_high - 1) + "1100" + "1"
    bits += "0" * (-len(bits) % 8)
    return b"\x67" + int(bits, 2).to_bytes(len(bits) // 8, "big")


def avcc_of(sps: bytes) -> bytes:
    return b"\x01\x42\x00\x1e\xff\xe1" + len(sps).to_bytes(2, "big") + sps + b"\x00"


@pytest.mark.parametrize(
    "camera",
    [
        Camera(width=640, height=360),
        Camera(width=642, height=362),
        Camera(width=641, height=361, pixel_format="yuv444p"),
        Camera(width=1920, height=1080),
        Camera(width=320, height=240, codec="hevc"),
        Camera(width=328, height=244, codec="hevc"),
    ],
)
def test_size_is_read_from_the_sequence_header(camera):
    config, _ = sample(camera, 1)
    info = config.info
    assert (info.width, info.height, info.length_size) == (camera.width, camera.height, 4)


@pytest.mark.parametrize("size", [(320, 180), (642, 362), (1920, 1080)])
def test_size_of_av1_and_vp9_is_read_without_a_decoder(size):
    config, [keyframe, inter] = sample(Camera(*size, codec="av1"), 2)
    assert (config.info.width, config.info.height, config.info.profile) == (*size, "Main")
    assert keyframe_size("av1", keyframe.data) == size
    config, [keyframe, inter] = sample(Camera(*size, codec="vp9"), 2)
    assert (config.info.width, config.info.profile) == (0, "Profile 0")
    assert keyframe_size("vp9", keyframe.data) == size
    assert keyframe_size("vp9", inter.data) is None
    assert keyframe_size("h264", sample()[1][0].data) is None


def test_a_giant_keyframe_of_vp9_is_refused():
    giant = bytearray(sample(Camera(320, 180, codec="vp9"), 1)[1][0].data)
    giant[4:8] = b"\x03\xff\xff\xff"
    with pytest.raises(PictureTooLarge):
        check_access_unit("vp9", giant, 0)


@given(st.sampled_from(["av1", "vp9"]), st.binary(max_size=60))
def test_random_keyframes_are_refused_or_read(codec, data):
    try:
        check_access_unit(codec, data, 0)
    except (ValueError, PictureTooLarge):
        pass


def test_profile_and_level_are_named():
    config, _ = sample(Camera(width=1280, height=720), 1)
    assert (config.info.profile, config.info.level) == ("High", 31)


@pytest.mark.parametrize("size", [(1000, 1000), (513, 10), (10, 513), (320, 320)])
def test_a_giant_is_refused(size):
    with pytest.raises(PictureTooLarge, match="megapixels"):
        _ = CodecConfig("h264", avcc_of(sps_of(*size))).info


def test_the_largest_sizes_pass():
    info = CodecConfig("h264", avcc_of(sps_of(512, 180))).info
    assert (info.width, info.height) == (8192, 2880)


def test_a_giant_inside_the_stream_is_refused():
    sps = sps_of(1000, 1000)
    with pytest.raises(PictureTooLarge):
        check_access_unit("h264", len(sps).to_bytes(4, "big") + sps, 4)


def test_an_unknown_codec_is_named():
    with pytest.raises(BadCodecConfig, match="'vp6'"):
        _ = CodecConfig("vp6", b"").info


def test_an_endless_sequence_header_is_refused():
    with pytest.raises(BadCodecConfig, match="longer than"):
        _ = CodecConfig("h264", bytes(20_000)).info


@given(st.sampled_from(["h264", "hevc", "av1", "vp9"]), st.binary(max_size=200))
def test_random_headers_are_refused_or_read(codec, data):
    try:
        info = CodecConfig(codec, data).info
    except (BadCodecConfig, PictureTooLarge):
        return
    assert 0 <= info.width <= 8192


@given(st.data())
def test_damaged_headers_are_refused_or_read(data):
    header = bytearray(sample()[0].extradata)
    for _ in range(data.draw(st.integers(1, 8))):
        header[data.draw(st.integers(0, len(header) - 1))] = data.draw(st.integers(0, 255))
    try:
        _ = CodecConfig("h264", bytes(header)).info
    except (BadCodecConfig, PictureTooLarge):
        pass


def test_lengths_must_fill_the_access_unit():
    assert [bytes(u) for u in nal_units(b"\0\0\0\1a\0\0\0\2bc", 4)] == [b"a", b"bc"]
    for broken in (b"\0\0\0\2a", b"\0\0\0\1a\0", b"\xff\xff\xff\xffabc"):
        with pytest.raises(ValueError, match="passes the end"):
            list(nal_units(broken, 4))


def test_metadata_is_left_out():
    sei, slice_ = b"\x06\x05x", b"\x65data"
    unit = b"".join(len(u).to_bytes(4, "big") + u for u in (sei, slice_))
    assert without_metadata("h264", unit, 4) == len(slice_).to_bytes(4, "big") + slice_
