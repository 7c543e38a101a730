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
from collections.abc import Callable
from dataclasses import dataclass, field

from bench.faults import checker, mutant
from bench.faults.cameras import Cameras, connection_of
from bench.faults.context import Context
from bench.faults.site import Plan, Site
from bench.faults.verdict import Verdict
from bench.faults.waking import stale as stale_in
from bench.faults.waking import waiting_of, watch, writable
from jobs.publishing import STALE_EPOCH

STOPS = 20
AT_ONCE = 2  # of four processes
UNFENCED_STOPS = 20  # at most: until a stale picture got through
LONG_SECONDS = 11.0  # a stream that was still for ten seconds has "no video": a woken process might say so
UNFENCED: mutant.Changes = {
    **mutant.SHORT_LEASE,
    "jobs.publishing": [["STALE_EPOCH if job.stream.epoch != capture.epoch else ", ""]],
}


@dataclass(slots=True)
class Tally:
    """What the rounds met. `rewritten`: rows of streams that changed after the wake; `waiting`: what jobs
    were said to wait for while their new node took pictures."""

    stops: int = 0
    taken_over: int = 0
    rewritten: int = 0
    waiting: set[str] = field(default_factory=set)
    with_lock: int = 0
    frozen_s: list[float] = field(default_factory=list)


def run(context: Context) -> Verdict:
    plan = Plan(changes=mutant.SHORT_LEASE)
    site = Site(context, plan)
    cameras = Cameras(context, site.port)
    tally = _freeze_and_wake(context, site, cameras, context.count(STOPS, AT_ONCE))
    found = checker.check(site.bucket_root)
    stale, refused = stale_in(found), site.skips().get(STALE_EPOCH, 0)
    buried_awake = site.revived - tally.stops  # a busy machine and a short lease
    site.plan = Plan(changes=UNFENCED)

    def unfenced() -> int:
        return len(stale_in(checker.check(site.bucket_root)) - stale)

    _freeze_and_wake(context, site, cameras, UNFENCED_STOPS, enough=unfenced)
    problems = [*found.broken, *found.notes]
    if not (stale_without := unfenced()):
        problems.append("without the comparison of epochs nothing stale was written: this proves nothing")
    if tally.rewritten:
        problems.append(f"{tally.rewritten} rows of streams were changed by woken processes")
    if tally.waiting:
        problems.append(f"woken processes said of jobs that others run: {sorted(tally.waiting)}")
    details = {
        **found.details(),
        "stale": len(stale),
        "refused": refused,
        "unfenced_stale": stale_without,
        "with_lock": tally.with_lock,
        "lease_s": mutant.SHORT_LEASE_SECONDS,
        "buried_awake": buried_awake,
        "frozen_s": [round(min(tally.frozen_s), 1), round(max(tally.frozen_s), 1)],
    }
    held = tally.taken_over - len({(job, connection_of(frame)) for job, _, frame in stale})
    return Verdict(max(0, held), tally.stops, details, problems)


def _freeze_and_wake(
    context: Context,
    site: Site,
    cameras: Cameras,
    stops: int,
    enough: Callable[[], int] = lambda: 0,
) -> Tally:
    tally = Tally()
    site.start_all()
    since = time.time()
    cameras.start(site.names)
    cameras.wait_live(site.names, since=since)
    before = site.pictures()
    site.until(lambda: site.pictures() >= before + 2 * len(site.job_ids), "some pictures")
    while tally.stops < stops and not enough():
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
        site.until(lambda: not waiting_of(streams), "the jobs to be said to run")
        if context.scale >= 1 and context.random.random() < 0.25:
            time.sleep(max(0.0, began + LONG_SECONDS - time.monotonic()))
    finally:
        _send(chosen, signal.SIGCONT)
    tally.frozen_s.append(time.monotonic() - began)
    tally.stops += len(chosen)
    tally.taken_over += len(chosen)
    seen = watch(site, chosen, streams)  # they were taken for dead, and end by themselves
    tally.rewritten += seen.rewritten
    tally.waiting |= seen.waiting
    site.wait_complete()


def _pictured(site: Site) -> dict[str, int]:
    return site.until(lambda: min((shown := site.shown()).values()) >= 0 and shown, "a picture of every job")


def _moved(site: Site, streams: list[str], before: dict[str, int]) -> bool:
    """Whether every job of the streams has a picture of a newer connection."""
    shown = site.shown()
    return all(connection_of(shown[name]) > before[name] for name in streams)


def _send(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        os.kill(pid, number)
