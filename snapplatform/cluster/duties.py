"""Duties: periodic work, guarded by one conditional UPDATE on its row, so no beat process exists."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db import models
from django.db.models.functions import Now

from snapplatform.cluster.models import Duty

log = logging.getLogger("snapplatform.duties")

# Two processes may be a moment apart where each asks its own clock, as on SQLite.
SPARE = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class DutySpec:
    """What is done, and how often. `act` returns a few words for the admin."""

    name: str
    every: timedelta
    act: Callable[[], str]


def run_due(specs: list[DutySpec]) -> list[str]:
    """Do every duty that is due and not taken; returns the names done. One failing stops no other."""
    return [spec.name for spec in specs if claim(spec) and _perform(spec)]


def claim(spec: DutySpec) -> bool:
    """Take the duty if it is due: whoever moves `due_at` forward has it.

    One that is due later than its own interval from now was noted before the database's clock went back, or
    before the interval was made shorter.
    """
    Duty.objects.get_or_create(name=spec.name, defaults={"due_at": Now()})
    due = models.Q(due_at__lte=Now()) | models.Q(due_at__gt=Now() + spec.every + SPARE)
    return (
        Duty.objects.filter(due, name=spec.name).update(due_at=Now() + spec.every, last_started_at=Now()) == 1
    )


def _perform(spec: DutySpec) -> bool:
    row = Duty.objects.filter(name=spec.name)
    try:
        result = spec.act()
    except Exception as error:  # a duty must not end the worker; the row and the log tell
        log.exception("duty %s failed", spec.name)
        row.update(
            last_result=f"failed: {type(error).__name__}: {error}"[:255], failures=models.F("failures") + 1
        )
        return False
    row.update(last_finished_at=Now(), last_result=result[:255], failures=0)
    return True
