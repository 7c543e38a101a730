"""A decoder comes back at once after an accident, and slowly when it keeps dying."""

from snapplatform.media.restarts import MAX_SECONDS, PER_MINUTE, RestartPacer


def test_a_single_accident_is_mended_at_once():
    assert RestartPacer().delay(1, 0.0) == 0.0


def test_failures_in_a_row_wait_longer_and_longer():
    pacer = RestartPacer()
    assert [pacer.delay(failures, 0.0) for failures in (1, 2, 3, 4)] == [0.0, 0.1, 0.2, 0.4]
    assert pacer.delay(10_000, 0.0) == MAX_SECONDS


def test_many_restarts_in_a_minute_slow_down_whatever_succeeds_between():
    pacer = RestartPacer()
    assert {pacer.delay(1, second * 0.5) for second in range(PER_MINUTE)} == {0.0}
    assert pacer.delay(1, 31.0) == MAX_SECONDS
    assert pacer.delay(1, 200.0) == 0.0
