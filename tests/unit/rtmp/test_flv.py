"""What the first bytes of audio and video bodies say."""

import pytest

from snapplatform.rtmp import flv


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"\x17\x00\x00\x00\x00cfg", flv.VideoTag("h264", flv.KEYFRAME, flv.SEQUENCE_HEADER, 0, 5)),
        (b"\x17\x01\x00\x00\x42nal", flv.VideoTag("h264", flv.KEYFRAME, flv.FRAMES, 0x42, 5)),
        (b"\x27\x01\xff\xff\xfenal", flv.VideoTag("h264", flv.INTER_FRAME, flv.FRAMES, -2, 5)),
        (b"\x17\x02\x00\x00\x00", flv.VideoTag("h264", flv.KEYFRAME, flv.END_OF_SEQUENCE, 0, 5)),
        (b"\x1c\x01\x00\x00\x00", flv.VideoTag("hevc", flv.KEYFRAME, flv.FRAMES, 0, 5)),
        (b"\x12data", flv.VideoTag("h263", flv.KEYFRAME, flv.FRAMES, 0, 1)),
        (b"\x1fdata", flv.VideoTag("", flv.KEYFRAME, flv.FRAMES, 0, 1)),
        (b"\x90hvc1cfg", flv.VideoTag("hevc", flv.KEYFRAME, flv.SEQUENCE_HEADER, 0, 5)),
        (b"\xa1hvc1\x00\x00\x10nal", flv.VideoTag("hevc", flv.INTER_FRAME, flv.FRAMES, 16, 8)),
        (b"\x93avc1nal", flv.VideoTag("h264", flv.KEYFRAME, flv.FRAMES, 0, 5)),
        (b"\x91av01obu", flv.VideoTag("av1", flv.KEYFRAME, flv.FRAMES, 0, 5)),
        (b"\x92vp09", flv.VideoTag("vp9", flv.KEYFRAME, flv.END_OF_SEQUENCE, 0, 5)),
        (b"\x94hvc1", flv.VideoTag("hevc", flv.KEYFRAME, flv.OTHER, 0, 5)),
        (b"\x17\x01\x00", None),
        (b"\x91hvc1\x00", None),
        (b"\x91hv", None),
        (b"", None),
    ],
)
def test_video(payload: bytes, expected: flv.VideoTag | None) -> None:
    assert flv.parse_video(payload) == expected


def test_only_coded_keyframes_count_as_keyframes() -> None:
    assert flv.VideoTag("h264", flv.KEYFRAME, flv.FRAMES, 0, 5).is_keyframe
    assert not flv.VideoTag("h264", flv.KEYFRAME, flv.SEQUENCE_HEADER, 0, 5).is_keyframe
    assert not flv.VideoTag("h264", flv.INTER_FRAME, flv.FRAMES, 0, 5).is_keyframe


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"\xaf\x00\x12\x10", flv.AudioTag("aac", flv.SEQUENCE_HEADER, 2)),
        (b"\xaf\x01raw", flv.AudioTag("aac", flv.FRAMES, 2)),
        (b"\x2fmp3", flv.AudioTag("mp3", flv.FRAMES, 1)),
        (b"\xaf", None),
        (b"", None),
    ],
)
def test_audio(payload: bytes, expected: flv.AudioTag | None) -> None:
    assert flv.parse_audio(payload) == expected
