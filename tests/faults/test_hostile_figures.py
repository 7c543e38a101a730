"""Small runs of the figures about hostile media, blocked streams and failing calls."""

import pytest

from tests.faults.conftest import Bench

pytestmark = [pytest.mark.faults, pytest.mark.timeout(330)]


def test_damaged_media_kill_no_process(figure: Bench) -> None:
    found = figure("damaged", 0.03)
    assert found["pool"]["corrupt"] > 0
    assert found["pool"]["decoders_replaced"] == found["node"]["decoders_replaced"] == 0


def test_media_that_are_cut_off_kill_no_process(figure: Bench) -> None:
    assert figure("truncated", 0.01)["decoders_replaced"] == 0


def test_blocked_streams_are_let_go_of(figure: Bench) -> None:
    assert figure("cancel", 0.05)["n"] == 4


def test_nothing_is_lost_whichever_call_fails(figure: Bench) -> None:
    found = figure("nth", 0.025)
    for kind in ("open", "write", "fsync", "replace", "statement", "commit after"):
        assert found["failed_calls"][kind] == found["by_the_spool"][kind] == 1
