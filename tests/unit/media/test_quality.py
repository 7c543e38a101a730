"""Flags of black, dark, frozen and repeated pictures."""

import av
import numpy as np

from snapplatform.media.picture import take_picture
from snapplatform.media.quality import assess
from snapplatform.media.synthetic import Camera
from snapplatform.media.types import SIGNATURE_BYTES, PictureRequest

from .samples import JPEG, request, sample


def frame_of(luma: np.ndarray) -> av.VideoFrame:
    height, width = luma.shape
    frame = av.VideoFrame(width, height, "yuv420p")
    for plane, values in zip(frame.planes, (luma, 128, 128), strict=True):
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        rows[:, : plane.width] = values
    return frame


def grain(level: float, strength: float, seed: int = 1) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(level, strength, (360, 640))
    return np.clip(noise, 0, 255).astype(np.uint8)


def test_black_is_black_and_dark():
    assert assess(frame_of(grain(17, 2)), None).flags == {"black", "dark"}


def test_a_line_of_text_is_not_black():
    luma = grain(16, 0)
    luma[170:190, 200:440] = 235
    assert assess(frame_of(luma), None).flags == {"dark"}


def test_night_is_dark():
    luma = grain(30, 3)
    assert assess(frame_of(luma), None).flags == {"dark"}


def test_an_ordinary_picture_has_no_flags():
    quality = assess(frame_of(grain(110, 20)), None)
    assert quality.flags == frozenset()
    assert 100 < quality.mean_luma < 115
    assert len(quality.signature) == SIGNATURE_BYTES


def test_full_range_black_is_known_too():
    frame = frame_of(np.zeros((360, 640), np.uint8))
    frame.color_range = 2
    quality = assess(frame, None)
    assert (quality.mean_luma, quality.flags) == (0.0, {"black", "dark"})


def test_the_same_picture_is_a_duplicate():
    first = assess(frame_of(grain(110, 5)), None)
    assert assess(frame_of(grain(110, 5)), first.signature).flags == {"frozen", "duplicate"}


def test_the_same_view_with_other_noise_is_frozen():
    first = assess(frame_of(grain(110, 2)), None)
    assert assess(frame_of(grain(110, 2, seed=2)), first.signature).flags == {"frozen"}


def test_a_small_movement_is_not_frozen():
    luma = grain(110, 5)
    first = assess(frame_of(luma), None)
    luma[100:108, 100:108] = 200
    assert assess(frame_of(luma), first.signature).flags == frozenset()


def test_a_previous_of_another_kind_is_ignored():
    assert assess(frame_of(grain(110, 5)), b"short").flags == frozenset()


def test_a_frame_smaller_than_the_thumbnail_is_assessed():
    quality = assess(frame_of(grain(110, 0)[:10, :16]), None)
    assert quality.flags == frozenset()
    assert abs(quality.mean_luma - (110 - 16) * 255 / 219) < 1


def test_a_stream_that_moves_is_not_flagged():
    config, packets = sample(Camera(640, 360), 25)
    first = take_picture(PictureRequest(config, packets[:1], [JPEG]))
    later = take_picture(PictureRequest(config, packets, [JPEG], first.signature))
    assert (first.flags, later.flags) == (frozenset(), frozenset())


def test_deep_sources_are_assessed():
    camera = Camera(640, 360, pixel_format="yuv420p10le")
    first = take_picture(request(camera))
    assert take_picture(request(camera, previous=first.signature)).flags == {"frozen", "duplicate"}
    assert abs(first.mean_luma - take_picture(request(Camera(640, 360))).mean_luma) < 2
