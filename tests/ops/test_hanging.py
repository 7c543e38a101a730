"""A capture that hangs is killed and started again; one that only can't reach its database is left alone."""

import os
import signal
import socket
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
from django.db import OperationalError
from django.db.models import F

from snapplatform import clock
from snapplatform.cluster import nodes
from snapplatform.cluster.models import Node
from snapplatform.ops import hanging
from snapplatform.ops.hanging import HANGS_AFTER, LOOK_SECONDS, HangWatch
from tests.ops.conftest import SiteMaker
from tests.ops.processes import MANAGE, started

PID = 4_000_001


class Time:
    """The monotonic clock, moved by hand."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Iterator[Time]:
    held = Time()
    monkeypatch.setattr(clock, "monotonic", held)
    yield held


@pytest.fixture
def born(db: None) -> dict[int, int]:
    """One child process, and since when it runs; its node is in the database."""
    since = {PID: clock.now_ms()}
    make_node()
    return since


def make_node() -> Node:
    return Node.objects.create(
        host=socket.gethostname(), pid=PID, beat_at=clock.now(), started_at=clock.now()
    )


def look_for(seconds: float, time: Time, watch: HangWatch, born: dict[int, int]) -> list[int]:
    """Look again and again for so long; what hangs in the end."""
    found = watch.hanging(born)
    for _ in range(round(seconds / LOOK_SECONDS)):
        assert found == []
        time.now += LOOK_SECONDS
        found = watch.hanging(born)
    return found


def test_a_beat_that_stands_still_hangs_and_its_row_is_closed(time: Time, born: dict[int, int]) -> None:
    assert look_for(HANGS_AFTER, time, HangWatch(), born) == [PID]
    row = Node.objects.get(pid=PID)
    assert row.stopped_at is not None
    assert row.stop_reason == "its process hangs"


def test_who_beats_lives(time: Time, born: dict[int, int]) -> None:
    watch = HangWatch()
    for _ in range(5):
        assert look_for(HANGS_AFTER - LOOK_SECONDS, time, watch, born) == []
        Node.objects.update(beat=F("beat") + 1)
    assert Node.objects.get(pid=PID).stopped_at is None


def test_who_was_taken_for_dead_and_still_runs_hangs(time: Time, born: dict[int, int]) -> None:
    row = Node.objects.get(pid=PID)
    assert nodes.bury(row.pk, row.beat)
    assert look_for(HANGS_AFTER, time, HangWatch(), born) == [PID]


def test_a_node_of_an_earlier_process_with_its_pid_says_nothing(time: Time, born: dict[int, int]) -> None:
    later = {PID: born[PID] + 60_000}
    assert look_for(2 * HANGS_AFTER, time, HangWatch(), later) == []


def test_a_process_without_a_node_says_nothing(time: Time, born: dict[int, int]) -> None:
    Node.objects.update(host="another machine")
    assert look_for(2 * HANGS_AFTER, time, HangWatch(), born) == []


def test_nothing_hangs_after_a_time_without_the_database(time: Time, born: dict[int, int]) -> None:
    watch = HangWatch()
    look_for(HANGS_AFTER - LOOK_SECONDS, time, watch, born)
    time.now += 10 * HANGS_AFTER  # nobody could look, and nobody could beat
    assert look_for(HANGS_AFTER - LOOK_SECONDS, time, watch, born) == []


def test_while_nobody_can_write_there_is_twice_the_time(
    time: Time, born: dict[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_: object, **__: object) -> bool:
        raise OperationalError("database is locked")

    monkeypatch.setattr(hanging.nodes, "bury", locked)
    assert look_for(2 * HANGS_AFTER, time, HangWatch(), born) == [PID]


_QUICK = f"""
import sys
import django
django.setup()
from snapplatform.ops.bootstrap import settings
from snapplatform.ops import hanging
hanging.HANGS_AFTER, hanging.HANGS_AFTER_LOCKED, hanging.LOOK_SECONDS = 8.0, 12.0, 0.5
sys.argv = [{MANAGE!r}, "run", "--only=capture"]
exec(compile(open({MANAGE!r}).read(), {MANAGE!r}, "exec"))
"""


@contextmanager
def locked(env: dict[str, str]) -> Iterator[None]:
    """Hold the embedded database's write lock, as a capture does that was stopped at a bad moment."""
    if env["SNAP_DATABASE_URL"]:
        yield
        return
    path = Path(env["SNAP_DATA_DIR"], "snapplatform.sqlite3")
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as holder:
        with suppress(sqlite3.OperationalError):  # the capture holds it itself
            holder.execute("BEGIN IMMEDIATE")
        yield


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs Linux")
def test_a_stopped_capture_is_replaced_with_one_warning(site: SiteMaker) -> None:
    env = site() | {"DJANGO_SETTINGS_MODULE": "snapplatform.settings"}
    with started([sys.executable, "-c", _QUICK], env) as running:
        pid = int(running.expect("capture-1 started as process").split("process ")[1].split('"')[0])
        running.expect("taking publishers")
        os.kill(pid, signal.SIGSTOP)
        with locked(env):
            line = running.expect("capture-1")
        assert "had not beaten for 8 s, was killed and starts again in 0.5 s" in line
        assert '"level": "warning"' in line
        running.expect("capture-1 started as process")
        running.expect("taking publishers")
        assert running.end(signal.SIGTERM) == 0
