"""Small runs of the short figures. The full ones, with their numbers, are in docs/reliability.md."""

import pytest

from tests.faults.conftest import Bench

pytestmark = [pytest.mark.faults, pytest.mark.timeout(330)]


def test_processes_share_one_sqlite_file(figure: Bench) -> None:
    found = figure("sqlite", 0.1, "sqlite")
    assert (found["n"], found["lost"], found["errors"]) == (180, 0, {})


def test_nothing_is_lost_or_doubled_when_captures_are_killed(figure: Bench) -> None:
    found = figure("kill9", 0.04)
    assert (found["n"], found["lost"], found["doubled"]) == (2, 0, 0)
    assert found["pictures"] > 0


def test_a_process_that_wakes_up_writes_nothing(figure: Bench) -> None:
    """The bench also takes the comparison of epochs out, and fails unless stale pictures get through then."""
    found = figure("freeze", 0.1)
    assert (found["stale"], found["doubled"]) == (0, 0)
    assert found["unfenced_stale"] > 0


def test_the_platform_stops_with_silent_streams(figure: Bench) -> None:
    found = figure("sigterm", 0.1)
    assert found["not_released"] == 0


@pytest.mark.usefixtures("own_postgresql")
def test_a_database_that_goes_away_costs_nothing(figure: Bench) -> None:
    found = figure("postgres", 0.2, "postgresql")
    assert (found["lost"], found["doubled"]) == (0, 0)
    assert found["taken_while_away"] > 0
