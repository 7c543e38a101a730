"""Which frame is taken, and the sizes and formats that come of it."""

import hashlib

import pytest

from snapplatform.media.picture import output_size, take_picture
from snapplatform.media.scene import read_frame_number
from snapplatform.media.synthetic import Camera
from snapplatform.media.types import DecodeFailed, OutputSpec, PictureRequest

from .samples import JPEG, SMALL, opened, request, sample


def number_of(request_) -> int | None:
    return read_frame_number(opened(take_picture(request_).pictures[0]))


def test_a_keyframe_alone_is_a_picture():
    config, packets = sample()
    assert number_of(PictureRequest(config, packets[:1], [JPEG])) == 0


@pytest.mark.parametrize(
    "camera",
    [
        SMALL,
        Camera(320, 180, codec="hevc"),
        Camera(320, 180, fps=5),
        Camera(320, 180, codec="av1"),
        Camera(320, 180, codec="vp9"),
    ],
)
@pytest.mark.parametrize("count", [2, 5, 6])
def test_the_newest_frame_is_taken(camera, count):
    config, packets = sample(camera)
    assert number_of(PictureRequest(config, packets[:count], [JPEG])) == count - 1


@pytest.mark.parametrize("codec", ["h264", "hevc"])
@pytest.mark.parametrize("count", range(1, 13))
def test_with_b_frames_the_last_shown_is_taken(codec, count):
    config, packets = sample(Camera(320, 180, bframes=3, codec=codec, gop_seconds=4), 12)
    fed = packets[:count]
    first_shown = min(p.pts_ms for p in packets)
    newest = round((max(p.pts_ms for p in fed) - first_shown) / 40)
    assert number_of(PictureRequest(config, fed, [JPEG])) == newest


@pytest.mark.parametrize("size", [(641, 361), (640, 361), (321, 181)])
@pytest.mark.parametrize("image_format", ["jpeg", "png", "webp"])
def test_odd_sizes_work(size, image_format):
    camera = Camera(*size, pixel_format="yuv444p")
    result = take_picture(request(camera, 2, [OutputSpec(image_format)]))
    assert (result.source_width, result.source_height) == size
    assert opened(result.pictures[0]).size == size
    assert read_frame_number(opened(result.pictures[0])) == 1


@pytest.mark.parametrize("wanted", [(641, 361), (333, 187), (160, None), (None, 135), (1281, None)])
def test_odd_outputs_work(wanted):
    result = take_picture(request(outputs=[OutputSpec("jpeg", 85, *wanted)]))
    picture = result.pictures[0]
    assert opened(picture).size == (picture.width, picture.height)
    assert read_frame_number(opened(picture)) == 5


def test_one_decode_gives_many_outputs():
    outputs = [
        OutputSpec("jpeg"),
        OutputSpec("jpeg", quality=40),
        OutputSpec("png", height=90),
        OutputSpec("webp", width=160),
    ]
    result = take_picture(request(outputs=outputs))
    assert [(p.format, p.width, p.height) for p in result.pictures] == [
        ("jpeg", 320, 180),
        ("jpeg", 320, 180),
        ("png", 160, 90),
        ("webp", 160, 90),
    ]
    assert len(result.pictures[1].data) < len(result.pictures[0].data)
    for picture in result.pictures:
        assert opened(picture).format == picture.format.upper()
        assert picture.sha256 == hashlib.sha256(picture.data).hexdigest()
        assert read_frame_number(opened(picture)) == 5


@pytest.mark.parametrize(
    ("wanted", "size"),
    [
        ((None, None), (1280, 720)),
        ((640, None), (640, 360)),
        ((None, 90), (160, 90)),
        ((50, 50), (50, 50)),
        ((1, None), (1, 1)),
    ],
)
def test_one_side_keeps_the_aspect_ratio(wanted, size):
    assert output_size(OutputSpec("jpeg", 85, *wanted), 1280, 720) == size


@pytest.mark.parametrize("wanted", [(8193, None), (None, 9000), (8000, 8000), (0, None), (-5, 5)])
def test_impossible_outputs_are_refused(wanted):
    with pytest.raises(DecodeFailed) as refused:
        output_size(OutputSpec("jpeg", 85, *wanted), 1280, 720)
    assert refused.value.reason == "too large"


def test_non_square_pixels_are_told():
    assert take_picture(request(Camera(320, 240, sample_aspect="4:3"))).sample_aspect == "4:3"
    assert take_picture(request()).sample_aspect == "1:1"


def test_packets_may_be_views_of_their_messages():
    config, packets = sample()
    for packet in packets:
        assert isinstance(packet.data, bytes)
    views = [type(p)(p.dts_ms, p.cts_ms, p.keyframe, memoryview(b"12345" + p.data)[5:], 0.0) for p in packets]
    assert number_of(PictureRequest(config, views, [JPEG])) == 5
