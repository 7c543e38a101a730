"""Time stamps that wrap, step back, and begin anywhere."""

from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from snapplatform.rtmp.media_time import MediaTime

WRAP = 2**32


@given(start=st.integers(0, WRAP - 1), steps=st.lists(st.integers(0, 2**31 - 1), max_size=20))
def test_times_go_on_over_every_wrap(start: int, steps: list[int]):
    times = list(accumulate(steps, initial=start))
    clock = MediaTime()
    assert [clock.unwrap(time % WRAP) for time in times] == times


def test_a_small_step_back_is_one():
    clock = MediaTime()
    assert [clock.unwrap(raw) for raw in (1000, 960, 1040)] == [1000, 960, 1040]


def test_nothing_is_before_zero():
    clock = MediaTime()
    assert [clock.unwrap(raw) for raw in (10, WRAP - 20, 40)] == [10, 0, 40]
