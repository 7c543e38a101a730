"""The loop of `work`: one duty after the other, through failures and database restarts."""

import threading
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, connections
from django.utils import timezone

from snapplatform.access.models import Account
from snapplatform.cluster.duties import DutySpec
from snapplatform.cluster.models import Duty, Node
from snapplatform.ops import duties, worker
from templates.models import Template


class Stop:
    """Stands for the signal: arrives after so many waits."""

    def __init__(self, after: int = 0) -> None:
        self.left = after
        self.arrived = False
        self.waits: list[float] = []

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        self.left -= 1
        self.arrived = self.left <= 0
        return self.arrived


def duty(name: str, act: object = lambda: "done") -> DutySpec:
    return DutySpec(name, timedelta(0), act)  # type: ignore[arg-type]


@pytest.mark.django_db(transaction=True)  # the loop closes old connections
def test_a_failing_duty_stops_no_other() -> None:
    def fail() -> str:
        raise ValueError("broken")

    done = worker.do_once([duty("one", fail), duty("two")], Stop())
    assert done == ["two"]
    assert Duty.objects.get(name="one").last_result == "failed: ValueError: broken"


@pytest.mark.django_db(transaction=True)  # the loop closes old connections
def test_a_signal_is_heeded_between_two_duties() -> None:
    stop = Stop()

    def act() -> str:
        stop.arrived = True
        return ""

    assert worker.do_once([duty("one", act), duty("two")], stop) == ["one"]


def test_a_database_that_is_away_is_waited_for_ever_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: object) -> list[str]:
        raise OperationalError("the server is gone")

    monkeypatch.setattr(worker, "do_once", away)
    stop = Stop(after=6)
    worker.work([], stop)
    assert stop.waits == [2, 4, 8, 15, 15, 15]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="needs SNAP_TEST_DATABASE_URL (PostgreSQL)")
def test_the_loop_goes_on_after_the_database_dropped_its_connection() -> None:
    """As a restart of PostgreSQL does: the backend of the loop's own connection is ended under it."""
    ended: list[int] = []

    def end_own_connection() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            ended.append(cursor.fetchone()[0])
        if len(ended) == 1:
            other = connection.copy()
            with other.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(%s)", [ended[0]])
            other.close()
        return "done"

    def loop() -> None:
        try:
            worker.work([duty("one", end_own_connection)], Stop(after=4))  # type: ignore[arg-type]
        finally:
            connections.close_all()

    thread = threading.Thread(target=loop)
    thread.start()
    thread.join(60)
    assert not thread.is_alive()
    assert len(ended) >= 2
    assert ended[0] not in ended[1:]
    assert Duty.objects.get(name="one").last_result == "done"


@pytest.mark.django_db
def test_nodes_that_ended_a_week_ago_are_forgotten() -> None:
    now = timezone.now()
    old = now - timedelta(days=8)

    def node(host: str, **fields: object) -> None:
        Node.objects.create(**{"host": host, "pid": 1, "beat_at": now, "started_at": old, **fields})

    node("running")
    node("stopped lately", stopped_at=now)
    node("stopped long ago", stopped_at=old, beat_at=old)
    node("died long ago", beat_at=old)
    assert duties.delete_old_nodes() == "2 rows deleted"
    assert set(Node.objects.values_list("host", flat=True)) == {"running", "stopped lately"}


@pytest.mark.django_db
def test_an_account_made_later_gets_its_system_templates_once() -> None:
    account = Account.objects.create(pk=1000000000000009, name="late")
    assert duties.make_system_templates() == "4 templates made"
    assert duties.make_system_templates() == "0 templates made"
    assert Template.objects.filter(account=account, kind="system").count() == 4


def test_every_duty_has_a_name_of_its_own() -> None:
    names = [spec.name for spec in duties.ALL]
    assert len(names) == len(set(names)) >= 4
