"""Time stamps to presentation times, and decode times that are found out."""

import itertools

import pytest

from snapplatform.media.synthetic import Camera, encode_sample
from snapplatform.rtsp.timeline import DecodeTimes, Timeline


@pytest.mark.parametrize("first", [0, 12345, 0xFFFFFFFF - 4000])
def test_times_begin_at_zero_and_go_on_over_the_wrap(first: int) -> None:
    timeline = Timeline(90000)
    found = [timeline.milliseconds((first + index * 3003) & 0xFFFFFFFF) for index in range(6)]
    assert found == [0, 33, 67, 100, 133, 167]


def test_no_error_adds_up() -> None:
    timeline = Timeline(90000)
    hours = 30
    last = 0
    for index in range(0, hours * 3600 * 30, 997):
        last = timeline.milliseconds((4_000_000_000 + index * 3003) & 0xFFFFFFFF)
    assert last == (index * 3003 + 45) // 90


def test_times_before_the_last_and_before_the_first() -> None:
    timeline = Timeline(90000)
    assert [timeline.milliseconds(raw) for raw in (9000, 18000, 13500, 4500)] == [0, 100, 50, -50]


def test_another_source_follows_the_last_one() -> None:
    timeline = Timeline(90000)
    for raw in (0, 3600, 7200):
        timeline.milliseconds(raw)
    timeline.restart()
    assert [timeline.milliseconds(raw) for raw in (123456789, 123460389)] == [120, 160]


def test_a_clock_that_was_set_back() -> None:
    timeline = Timeline(90000)
    for raw in (90_000_000, 90_003_600):
        timeline.milliseconds(raw)
    assert [timeline.milliseconds(raw) for raw in (3600, 7200)] == [80, 120]


def decode_times(shown: list[int]) -> tuple[list[int], int]:
    estimate = DecodeTimes()
    return [estimate.next(pts) for pts in shown], estimate.depth


def test_without_b_frames_both_are_the_same() -> None:
    shown = list(range(0, 4000, 40))
    assert decode_times(shown) == (shown, 0)


@pytest.mark.parametrize(
    ("gop", "depth"),
    [
        pytest.param([0, 2, 1, 4, 3, 6, 5], 1, id="IBPBP"),
        pytest.param([0, 3, 1, 2, 6, 4, 5], 1, id="IBBP"),
        pytest.param([0, 4, 2, 1, 3, 8, 6, 5, 7], 2, id="pyramid"),
    ],
)
def test_the_depth_is_learned_exactly(gop: list[int], depth: int) -> None:
    step = max(gop) + 1
    shown = [(start * step + one) * 40 for start in range(20) for one in gop]
    found, learned = decode_times(shown)
    assert learned == depth
    assert found == sorted(found)
    learnt = len(gop) + depth + 1
    later = list(zip(shown, found, strict=True))[learnt:]
    assert all(dts <= pts for pts, dts in later)
    assert all(one < two for one, two in itertools.pairwise(found[learnt:]))


@pytest.mark.parametrize("bframes", [1, 3])
def test_an_encoders_own_decode_times_are_found(bframes: int) -> None:
    camera = Camera(width=160, height=128, fps=25, bframes=bframes, gop_seconds=1.0)
    _, packets = encode_sample(camera, 100)
    shown = [packet.pts_ms for packet in packets]
    assert shown != sorted(shown)
    found, depth = decode_times(shown)
    # The encoder's zero is another one: its decode times are later by the depth.
    late = {packet.dts_ms - dts for packet, dts in zip(packets, found, strict=True)}
    settled = list(zip(packets, found, strict=True))[30:]
    assert {packet.dts_ms - dts for packet, dts in settled} == {0}, (late, depth)


def test_nonsense_is_bounded() -> None:
    shown = [index * 7919 % 1000 for index in range(500)]
    found, depth = decode_times(shown)
    assert found == sorted(found)
    assert depth == 16
