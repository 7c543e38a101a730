"""The schedule: arithmetic only."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from jobs.grid import Grid, aligned, spread
from snapplatform.ids import new_id

seconds = st.floats(0.5, 3600, allow_nan=False)


@given(job=st.uuids(), run=st.integers(0, 1000), start=st.floats(0, 1e7), interval=seconds)
def test_the_first_tick_comes_half_to_one_and_a_half_intervals_after_the_start(
    job: UUID, run: int, start: float, interval: float
):
    first = spread(job, run, start=start, interval=interval).tick(0)
    assert 0.5 * interval - 1e-6 <= first - start <= 1.5 * interval + 1e-6


@given(anchor=st.floats(0, 1e6), interval=seconds, number=st.integers(0, 100_000))
def test_a_tick_has_its_own_index(anchor: float, interval: float, number: int):
    grid = Grid(anchor, interval)
    assert grid.index(grid.tick(number)) == number
    assert grid.index(grid.tick(number) + interval / 2) == number


@given(start=st.floats(0, 1e6), wall=st.floats(1.7e9, 1.9e9), interval=st.integers(1, 3600))
def test_aligned_ticks_stand_at_round_times(start: float, wall: float, interval: int):
    first = aligned(start=start, wall=wall, interval=interval).tick(0)
    moment = wall + (first - start)
    assert min(moment % interval, interval - moment % interval) < 1e-3
    assert 0 < first - start <= interval


def test_jobs_started_together_spread_evenly():
    grids = [spread(new_id(), 1, start=0, interval=10.0) for _ in range(1000)]
    tenths = [0] * 10
    for grid in grids:
        tenths[int(grid.tick(0) - 5.0)] += 1
    assert max(tenths) < 160
