"""Periodic work is done by one, and one failing stops no other."""

from datetime import timedelta

from django.db.models.functions import Now

from snapplatform.cluster import duties
from snapplatform.cluster.duties import DutySpec
from snapplatform.cluster.models import Duty


def fail() -> str:
    raise ValueError("broken")


def test_a_duty_is_taken_once_until_it_is_due_again(db):
    spec = DutySpec("d", timedelta(minutes=1), lambda: "done")
    assert duties.claim(spec)
    assert not duties.claim(spec)


def test_a_clock_that_went_back_delays_no_duty(db):
    spec = DutySpec("d", timedelta(minutes=1), lambda: "done")
    assert duties.claim(spec)
    Duty.objects.update(due_at=Now() + timedelta(hours=1))
    assert duties.claim(spec)
    assert not duties.claim(spec)


def test_a_failing_duty_is_noted_and_the_next_is_done(db):
    specs = [DutySpec("bad", timedelta(0), fail), DutySpec("good", timedelta(0), lambda: "3 things")]
    assert duties.run_due(specs) == ["good"]
    assert duties.run_due(specs) == ["good"]
    bad, good = Duty.objects.get(name="bad"), Duty.objects.get(name="good")
    assert (bad.failures, bad.last_result) == (2, "failed: ValueError: broken")
    assert (good.failures, good.last_result) == (0, "3 things")
