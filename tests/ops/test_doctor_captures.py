"""doctor on capture nodes: who beats, who should and doesn't."""

import os
import socket
from datetime import timedelta

import pytest
from django.db.models.functions import Now

from snapplatform.cluster import nodes
from snapplatform.cluster.models import Node
from snapplatform.ops import lock
from snapplatform.ops.doctor import captures


def node(host: str, pid: int, silent: int, **fields: object) -> Node:
    beat_at = Now() - timedelta(seconds=silent)
    return Node.objects.create(host=host, pid=pid, beat_at=beat_at, started_at=Now(), **fields)


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    monkeypatch.setattr(lock, "running_pid", lambda folder: 4711)


def test_a_node_that_beats_is_fine(running: None) -> None:
    node("a", 1, 0)
    assert [(found.ok, found.seen) for found in captures.findings()] == [(True, "1 node beats")]


def test_a_silent_node_is_named_with_the_seconds(running: None) -> None:
    node("a", 1, 0)
    node("camera-hall", 77, 84)
    silent, beating = captures.findings()
    assert not silent.ok
    assert silent.seen == (
        "capture node camera-hall:77 has not beaten for 84 s: it hangs or its machine is gone"
    )
    assert "77 on camera-hall" in silent.mend
    assert beating.ok


def test_nodes_that_stopped_say_nothing(running: None) -> None:
    node("a", 1, 0)
    node("b", 2, 84, stopped_at=Now())
    assert [found.ok for found in captures.findings()] == [True]


def test_no_node_beside_a_running_platform_is_a_problem(running: None) -> None:
    [found] = captures.findings()
    assert not found.ok
    assert found.seen == "no capture node beats, although the platform runs as process 4711"


def test_no_node_without_a_platform_is_fine(db: None) -> None:
    [found] = captures.findings()
    assert found.ok


def test_what_a_killed_platform_left_is_no_problem(db: None) -> None:
    left = nodes.register(rtmp_address="")
    Node.objects.filter(pk=left.pk).update(pid=4_000_001, beat_at=Now() - timedelta(hours=1))
    assert [found.ok for found in captures.findings()] == [True]


def test_a_node_of_this_machine_that_hangs_is_a_problem(running: None) -> None:
    hung = nodes.register(rtmp_address="")
    Node.objects.filter(pk=hung.pk).update(beat_at=Now() - timedelta(seconds=20))
    found = next(captures.findings())
    assert f"{socket.gethostname()}:{os.getpid()} has not beaten for 20 s" in found.seen
