"""What a node's row and figures say: state, head-room, warnings."""

from datetime import timedelta
from typing import Any

import pytest

from snapplatform import clock
from snapplatform.cluster.models import Node
from snapplatform.cluster.standing import Standing, standings

NOW = clock.now()


def node(host: str = "one", **fields: Any) -> Node:
    given: dict[str, Any] = {
        "beat_at": NOW - timedelta(seconds=2),
        "started_at": NOW - timedelta(hours=1),
        "capacity": 100,
        "stats": {"streams": 20, "cores": 4, "cpu_cores": 0.2, "idle_cores": 3.6, "decoders_ready": 2},
    }
    return Node(host=host, pid=1, **given | fields)


def standing(**fields: Any) -> Standing:
    return standings([node(**fields)], NOW)[0]


AGO = NOW - timedelta(minutes=3)


@pytest.mark.parametrize(
    ("fields", "state", "since"),
    [
        ({}, "alive", NOW - timedelta(hours=1)),
        ({"drain_requested_at": AGO}, "draining", AGO),
        ({"drain_requested_at": AGO, "drained_at": NOW}, "drained", NOW),
        ({"beat_at": AGO}, "silent", AGO),
        ({"beat_at": AGO, "drain_requested_at": AGO}, "silent", AGO),
        ({"stopped_at": AGO, "beat_at": AGO}, "stopped", AGO),
    ],
)
def test_states(fields: dict[str, Any], state: str, since: Any):
    found = standing(**fields)
    assert (found.state, found.since) == (state, since)


def test_why_it_stopped_is_told():
    assert standing(stopped_at=AGO).reason == "it was told to"
    assert standing(stopped_at=AGO, stop_reason="its process hangs").reason == "its process hangs"


def test_head_room_is_what_the_capacity_leaves():
    assert (standing().head_room, standing().bound) == (80, "capacity")
    assert standing(capacity=15).head_room == 0


def test_a_busy_machine_leaves_less_by_the_nodes_own_cost():
    busy = {"streams": 20, "cores": 4, "cpu_cores": 0.2, "idle_cores": 0.8}
    found = standing(stats=busy)  # (0.8 - 15 % of 4) / 0.01
    assert (found.head_room, found.bound) == (20, "cpu")
    assert standing(stats=busy | {"idle_cores": 0.1}).head_room == 0


def test_with_few_streams_the_usual_cost_counts():
    few = {"streams": 1, "cores": 4, "cpu_cores": 0.3, "idle_cores": 0.96}
    assert standing(stats=few).head_room == 51  # (0.96 - 15 % of 4) / 0.007


def test_nodes_of_one_machine_share_what_it_has_left():
    busy = {"streams": 20, "cores": 4, "cpu_cores": 0.2, "idle_cores": 0.8}
    pair = [node(stats=busy), node(stats=busy), node(stats=busy, stopped_at=AGO), node("two", stats=busy)]
    assert [one.head_room for one in standings(pair, NOW)] == [10, 10, 0, 20]


@pytest.mark.parametrize("fields", [{"drain_requested_at": AGO}, {"beat_at": AGO}, {"stopped_at": AGO}])
def test_what_takes_nothing_has_no_room(fields: dict[str, Any]):
    assert standing(**fields).head_room == 0


@pytest.mark.parametrize(("offset", "words"), [(501, "501 ms ahead of"), (-900, "900 ms behind")])
def test_a_clock_that_is_off_is_warned_of(offset: int, words: str):
    assert words in standing(clock_offset_ms=offset).warnings[0]
    assert not standing(clock_offset_ms=500).warnings


def test_a_spool_that_holds_something_is_warned_of():
    told = {"decoders_ready": 2, "spool": {"entries": 3, "bytes": 4000, "oldest_seconds": 12.5}}
    found = standing(stats=told)
    assert (found.spool.entries, found.spool.bytes, found.spool.oldest) == (3, 4000, 12.5)
    assert found.warnings == ["3 pictures wait in its spool"]
    told["spool"] = {"entries": 1, "bytes": 4000, "full": True}
    assert standing(stats=told).warnings == [
        "1 picture waits in its spool, which is full: new ones are skipped"
    ]
    told["spool"] = {"entries": 0, "bytes": 0, "full": False}
    assert standing(stats=told).warnings == []


def test_a_node_without_decoders_is_warned_of():
    assert standing(stats={"decoders_ready": 0}).warnings == ["no decoder is ready"]


@pytest.mark.parametrize("stats", [{}, [], None, {"streams": "many", "spool": 3, "cores": None, "left": 1}])
def test_odd_figures_break_nothing(stats: Any):
    found = standing(stats=stats)
    assert (found.state, found.streams, found.head_room, found.load, found.left) == (
        "alive",
        0,
        100,
        None,
        {},
    )
