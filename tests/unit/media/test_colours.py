"""Colours come out as they went in, for every matrix, range, pixel format and size."""

import io

import av
import numpy as np
import pytest
from PIL import Image

from snapplatform.media.colours import to_rgb
from snapplatform.media.picture import take_picture
from snapplatform.media.scene import BARS, BARS_END
from snapplatform.media.synthetic import Camera
from snapplatform.media.types import OutputSpec

from .samples import opened, request

TOLERANCE = 4


def worst_bar(image: Image.Image) -> float:
    """Largest difference from the right RGB, in the middle of each colour bar."""
    pixels = np.asarray(image.convert("RGB"), np.float64)
    height, width = pixels.shape[:2]
    rows = pixels[int(0.2 * BARS_END * height) : int(0.8 * BARS_END * height)]
    worst = 0.0
    for index, colour in enumerate(BARS):
        middle, reach = (index + 0.5) * width / len(BARS), width / len(BARS) / 5
        patch = rows[:, int(middle - reach) : int(middle + reach)]
        worst = max(worst, np.abs(patch.mean((0, 1)) - colour).max())
    return worst


def picture(camera: Camera, spec: OutputSpec) -> Image.Image:
    return opened(take_picture(request(camera, 3, [spec])).pictures[0])


@pytest.mark.parametrize("matrix", [601, 709])
@pytest.mark.parametrize("full_range", [False, True])
@pytest.mark.parametrize("size", [(1280, 720), (640, 360)])
@pytest.mark.parametrize("spec", [OutputSpec("jpeg", 92), OutputSpec("jpeg", 92, width=336)])
def test_flagged_colours_are_right(matrix, full_range, size, spec):
    camera = Camera(*size, matrix=matrix, full_range=full_range, bitrate=8_000_000)
    assert worst_bar(picture(camera, spec)) <= TOLERANCE


@pytest.mark.parametrize("image_format", ["jpeg", "png", "webp"])
def test_every_format_has_the_same_colours(image_format):
    assert worst_bar(picture(Camera(bitrate=8_000_000), OutputSpec(image_format, 95))) <= TOLERANCE


@pytest.mark.parametrize("pixel_format", ["yuv420p10le", "yuv444p", "yuv422p", "yuv444p10le"])
@pytest.mark.parametrize("spec", [OutputSpec("jpeg", 92), OutputSpec("jpeg", 92, height=200)])
def test_deep_and_unsubsampled_sources_are_right(pixel_format, spec):
    camera = Camera(1280, 720, pixel_format=pixel_format, bitrate=8_000_000)
    assert worst_bar(picture(camera, spec)) <= TOLERANCE


@pytest.mark.parametrize(("height", "matrix"), [(720, 709), (480, 601)])
def test_unflagged_colours_follow_the_custom_of_their_size(height, matrix):
    camera = Camera(640, height, matrix=matrix, flag_colours=False, bitrate=8_000_000)
    assert worst_bar(picture(camera, OutputSpec("jpeg", 92))) <= TOLERANCE


@pytest.mark.parametrize(
    ("pixel_format", "dtype", "scale"), [("gray", np.uint8, 1), ("gray10le", np.uint16, 4)]
)
@pytest.mark.parametrize(("flagged", "expected"), [(0, 191), (1, 191), (2, 180)])
@pytest.mark.parametrize("size", [(64, 36), (31, 17)])
def test_monochrome_is_stretched_unless_it_is_full_range(pixel_format, dtype, scale, flagged, expected, size):
    frame = av.VideoFrame(64, 36, pixel_format)
    plane = frame.planes[0]
    plane.update(np.full(plane.buffer_size // np.dtype(dtype).itemsize, 180 * scale, dtype))
    frame.color_range = flagged
    pixels = to_rgb(frame, *size)
    assert pixels.shape == (size[1], size[0], 3)
    assert np.abs(pixels.astype(int) - expected).max() <= 1


def test_interlaced_and_sliced_sources_are_right():
    camera = Camera(640, 360, encoder_options="interlaced=1:slices=4", bitrate=8_000_000)
    assert worst_bar(picture(camera, OutputSpec("jpeg", 92))) <= TOLERANCE


def test_jpeg_is_what_every_viewer_expects():
    data = take_picture(request()).pictures[0].data
    image = Image.open(io.BytesIO(data))
    assert (image.mode, image.layer[0][1:3]) == ("RGB", (2, 2))
    assert data[6:10] == b"JFIF"
