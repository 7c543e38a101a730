"""Figure 2: capture processes are frozen past their lease, others take over, then they wake: no stale write.

While one is frozen its cameras connect anew; in half of the rounds the old connections go on being fed, so
that the process wakes up with new video in its sockets. The same is then done with the comparison of epochs
taken out of the source (mutant.py), and must show stale pictures: else the figure would prove nothing.

A process that is caught with SQLite's one lock in its hand holds up everybody: nobody can take over then, so
it is let go and another moment is tried (`with_lock` counts them). Its supervisor kills it after a minute.
"""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass, field

from bench.faults import checker, mutant
from bench.faults.cameras import Cameras, connection_of
from bench.faults.context import Context
from bench.faults.site import Plan, Site
from bench.faults.verdict import Verdict
from jobs.publishing import STALE_EPOCH

STOPS = 20
AT_ONCE = 2  # of four processes
UNFENCED_STOPS = 4
# After the wake: its beat comes within a second, and then it has four seconds for the pictures in hand.
WAKE_SECONDS = 20.0
SETTLE_SECONDS = 0.5
UNFENCED: mutant.Changes = {
    **mutant.SHORT_LEASE,
    "jobs.publishing": [["STALE_EPOCH if job.stream.epoch != capture.epoch else ", ""]],
}


@dataclass(slots=True)
class Tally:
    """What the rounds met. `rewritten`: rows of streams that changed after the wake; `waiting`: jobs that
    were said to wait while their new node took pictures."""

    stops: int = 0
    taken_over: int = 0
    rewritten: int = 0
    waiting: int = 0
    with_lock: int = 0
    frozen_s: list[float] = field(default_factory=list)


def run(context: Context) -> Verdict:
    plan = Plan(changes=mutant.SHORT_LEASE)
    site = Site(context, plan)
    cameras = Cameras(context, site.port)
    tally = _freeze_and_wake(context, site, cameras, context.count(STOPS, AT_ONCE))
    found = checker.check(site.bucket_root)
    stale, refused = _stale(found), site.skips().get(STALE_EPOCH, 0)
    buried_awake = site.revived - tally.stops  # a busy machine and a short lease
    site.plan = Plan(changes=UNFENCED)
    _freeze_and_wake(context, site, cameras, context.count(UNFENCED_STOPS, AT_ONCE))
    unfenced = len(_stale(checker.check(site.bucket_root)) - stale)
    problems = [*found.broken, *found.notes]
    if not unfenced:
        problems.append("without the comparison of epochs nothing stale was written: this proves nothing")
    if tally.rewritten or tally.waiting:
        rows = f"{tally.rewritten} rows of streams and {tally.waiting} of jobs"
        problems.append(f"{rows} were changed by woken processes")
    details = {
        **found.details(),
        "stale": len(stale),
        "refused": refused,
        "unfenced_stale": unfenced,
        "with_lock": tally.with_lock,
        "lease_s": mutant.SHORT_LEASE_SECONDS,
        "buried_awake": buried_awake,
        "frozen_s": [round(min(tally.frozen_s), 1), round(max(tally.frozen_s), 1)],
    }
    held = tally.taken_over - len({(job, connection_of(frame)) for job, _, frame in stale})
    return Verdict(max(0, held), tally.stops, details, problems)


def _freeze_and_wake(context: Context, site: Site, cameras: Cameras, stops: int) -> Tally:
    tally = Tally()
    site.start_all()
    since = time.time()
    cameras.start(site.names)
    cameras.wait_live(site.names, since=since)
    before = site.pictures()
    site.until(lambda: site.pictures() >= before + 2 * len(site.job_ids), "some pictures")
    while tally.stops < stops:
        _round(context, site, cameras, tally)
        context.say(f"{tally.stops} frozen, {site.pictures()} pictures")
    cameras.stop(site.names)
    site.wait_drained()
    site.stop_all()
    return tally


def _round(context: Context, site: Site, cameras: Cameras, tally: Tally) -> None:
    site.until(lambda: len(site.holders()) == len(site.names), "all streams to be live")
    before = {name: connection_of(frame) for name, frame in _pictured(site).items()}
    time.sleep(context.random.uniform(0.0, 1.0))
    slots = {process.pid: slot for slot, process in site.captures.items()}
    holders = site.holders()
    pids = sorted(set(holders.values()), key=lambda pid: slots[pid])
    chosen = context.random.sample(pids, min(AT_ONCE, len(pids)))
    streams = [name for name, pid in holders.items() if pid in chosen]
    began = time.monotonic()
    _send(chosen, signal.SIGSTOP)
    if not writable():
        _send(chosen, signal.SIGCONT)
        tally.with_lock += 1
        return
    feed = context.random.random() < 0.5
    cameras.reconnect(streams, ghost_seconds=60.0 if feed else 0.0)
    try:
        site.until(lambda: _moved(site, streams, before), "others to take over and take pictures")
    finally:
        _send(chosen, signal.SIGCONT)
    tally.frozen_s.append(time.monotonic() - began)
    tally.stops += len(chosen)
    tally.taken_over += len(chosen)
    _watch(site, chosen, streams, tally)
    for pid in chosen:
        site.captures[slots[pid]].wait(WAKE_SECONDS)  # it was taken for dead, and ends by itself
    site.wait_complete()


def _pictured(site: Site) -> dict[str, int]:
    return site.until(lambda: min((shown := site.shown()).values()) >= 0 and shown, "a picture of every job")


def _moved(site: Site, streams: list[str], before: dict[str, int]) -> bool:
    """Whether every job of the streams has a picture of a newer connection."""
    shown = site.shown()
    return all(connection_of(shown[name]) > before[name] for name in streams)


def _watch(site: Site, woken: list[int], streams: list[str], tally: Tally) -> None:
    """Look at the rows until the woken have ended, and a little longer."""
    from jobs.models import Job
    from snapplatform.streams.models import Stream

    rows = Stream.objects.filter(name__in=streams).order_by("name")
    owners = list(rows.values_list("node", "epoch", "state"))
    changed, waiting, end = False, set(), None
    while end is None or time.monotonic() < end:
        changed = changed or list(rows.values_list("node", "epoch", "state")) != owners
        jobs = Job.objects.filter(stream__name__in=streams).exclude(waiting="")
        waiting |= set(jobs.values_list("pk", flat=True))
        living = [each for each in site.captures.values() if each.pid in woken and each.poll() is None]
        if end is None and not living:
            end = time.monotonic() + SETTLE_SECONDS
        time.sleep(0.01)
    others = [process for process in site.captures.values() if process.pid not in woken]
    if all(process.poll() is None for process in others):  # else it may have been a third one's doing
        tally.rewritten += changed
        tally.waiting += len(waiting)


def _stale(found: checker.Findings) -> set[tuple[object, int, int]]:
    """Pictures (job, sequence, frame) of a connection older than that of a picture before them: others had
    taken the stream over when they were written."""
    stale = set()
    for job, frames in found.frames.items():
        newest = -1
        for sequence, frame in frames:
            if connection_of(frame) < newest:
                stale.add((job, sequence, frame))
            newest = max(newest, connection_of(frame))
    return stale


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


def _send(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        os.kill(pid, number)
