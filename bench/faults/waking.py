"""What the rows say while frozen processes wake up: whether one writes what is not its own any more."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass

from bench.faults import checker
from bench.faults.cameras import connection_of
from bench.faults.site import Site

# After the wake: its beat comes within a second, and then it has eight seconds for the pictures in hand.
WAKE_SECONDS = 60.0
SETTLE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Seen:
    """`rewritten`: whether a row of the streams changed; `waiting`: what their jobs were said to wait for."""

    rewritten: bool
    waiting: frozenset[str]


def watch(site: Site, woken: Collection[int], streams: list[str]) -> Seen:
    """Look at rows that others own until the woken processes have ended, and a little longer. RuntimeError
    when one does not end."""
    from snapplatform.streams.models import Stream

    rows = Stream.objects.filter(name__in=streams).order_by("name").values_list("node", "epoch", "state")
    owners, changed, waiting = list(rows), False, set[str]()
    began = time.monotonic()
    end = None
    while end is None or time.monotonic() < end:
        changed = changed or list(rows.all()) != owners
        waiting |= waiting_of(streams)
        living = [each for each in site.captures.values() if each.pid in woken and each.poll() is None]
        if end is None and not living:
            end = time.monotonic() + SETTLE_SECONDS
        if time.monotonic() - began > WAKE_SECONDS:
            raise RuntimeError("a process that was taken for dead did not end when it woke up")
        time.sleep(0.01)
    others = [process for process in site.captures.values() if process.pid not in woken]
    if any(process.poll() is not None for process in others):
        return Seen(False, frozenset())  # it may have been a third one's doing: one that was buried awake
    return Seen(changed, frozenset(waiting))


def waiting_of(streams: list[str]) -> set[str]:
    """What jobs of these streams are said to wait for."""
    from jobs.models import Job

    jobs = Job.objects.filter(stream__name__in=streams).exclude(waiting="")
    return set(jobs.values_list("waiting", flat=True))


def stale(found: checker.Findings) -> set[tuple[object, int, int]]:
    """Pictures (job, sequence, frame) of a connection older than that of a picture before them: others had
    taken the stream over when they were written."""
    late = set()
    for job, frames in found.frames.items():
        newest = -1
        for sequence, frame in frames:
            if connection_of(frame) < newest:
                late.add((job, sequence, frame))
            newest = max(newest, connection_of(frame))
    return late


def writable() -> bool:
    """Whether the database takes a write now, on SQLite: nobody frozen holds its lock."""
    from django.db import OperationalError, connection

    from jobs.publishing import works
    from snapplatform.ops.reach import visit_database

    if connection.vendor != "sqlite":
        return True
    try:
        with visit_database(lock_ms=300):
            return works()
    except OperationalError:
        return False
