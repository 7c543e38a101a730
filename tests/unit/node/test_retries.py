"""When a source is tried again."""

import pytest

from snapplatform.node.retries import STEADY_SECONDS, Retries


def middle() -> float:
    return 0.5  # no jitter


def test_waits_grow_to_half_a_minute_and_stay_there():
    retries = Retries(middle)
    assert [retries.wait(0.0) for _ in range(7)] == [1.0, 2.0, 5.0, 10.0, 30.0, 30.0, 30.0]


def test_after_pictures_they_begin_anew():
    retries = Retries(middle)
    for _ in range(4):
        retries.wait(0.0)
    assert [retries.wait(STEADY_SECONDS), retries.wait(0.0)] == [1.0, 2.0]


def test_a_server_that_drops_everybody_at_once_is_no_success():
    retries = Retries(middle)
    assert [retries.wait(STEADY_SECONDS / 2) for _ in range(3)] == [1.0, 2.0, 5.0]


def test_a_visit_that_got_its_keyframe_is_one():
    retries = Retries(middle)
    retries.wait(0.0)
    retries.wait(0.0)
    retries.succeeded()
    assert retries.wait(0.0) == 1.0


def test_waits_differ_by_a_fifth_at_most():
    assert Retries(lambda: 0.0).wait(0.0) == 0.8
    assert Retries(lambda: 1.0).wait(0.0) == pytest.approx(1.2)
    assert len({Retries().wait(0.0) for _ in range(20)}) > 1
