"""Figure 2, second part: a capture process freezes amid a transaction, with rows of jobs and streams locked.

Others must take over all the same, and live on. Only on PostgreSQL: with SQLite's one lock in a frozen hand
nobody can write, until the supervisor kills the process (docs/reliability.md).
"""

from __future__ import annotations

import os
import signal
import time

import psutil

from bench.faults import checker, mutant, trap
from bench.faults.cameras import Cameras, connection_of
from bench.faults.context import Context
from bench.faults.site import Plan, Site
from bench.faults.verdict import Verdict
from snapplatform.cluster.nodes import TTL_SECONDS

STOPS = 6
# Encoders may try an address again that a frozen process shares, and wait there.
TAKEN_OVER_SECONDS = TTL_SECONDS + 10.0
WAKE_SECONDS = 20.0
LOCKED = "        jobs = _lock_jobs({capture.job_id for capture in captures})\n"
SPRING = "        __import__('bench.faults.trap', fromlist=['_']).spring()\n"
# The lease is production's: the server's limit for such transactions (env.py) is made to fit into it.
CHANGES: mutant.Changes = {"jobs.publishing": [[LOCKED, LOCKED + SPRING]]}


def run(context: Context) -> Verdict:
    os.environ[trap.VARIABLE] = str(context.folder / "trap")
    site = Site(context, Plan(captures=3, changes=CHANGES))
    site.start_all()
    cameras = Cameras(context, site.port)
    cameras.start(site.names)
    cameras.wait_live(site.names)
    times, stops = [], context.count(STOPS)
    for _ in range(stops):
        times.append(_round(context, site, cameras))
        context.say(f"taken over after {times[-1]:.1f} s")
    cameras.stop(site.names)
    site.wait_drained()
    site.stop_all()
    found = checker.check(site.bucket_root)
    details = {**found.details(), "taken_over_s": [round(min(times), 1), round(max(times), 1)]}
    problems = [*found.broken, *found.notes]
    if others := site.revived - stops:
        problems.append(f"{others} processes ended that had not been frozen")
    return Verdict(
        sum(each <= TAKEN_OVER_SECONDS * context.patience for each in times), stops, details, problems
    )


def _round(context: Context, site: Site, cameras: Cameras) -> float:
    """Seconds from the freeze until every job of its streams has a picture of another process."""
    site.until(lambda: len(site.holders()) == len(site.names), "all streams to be live")
    site.until(lambda: min(site.shown().values()) >= 0, "a picture of every job")
    (context.folder / "trap").touch()
    pid = site.until(lambda: _stopped(site), "one to be caught")
    began = time.monotonic()
    streams = [name for name, holder in site.holders().items() if holder == pid]
    before = {name: connection_of(frame) for name, frame in site.shown().items()}
    cameras.reconnect(streams)

    def moved() -> bool:
        shown = site.shown()
        return all(connection_of(shown[name]) > before[name] for name in streams)

    try:
        site.until(moved, "others to take over")
        seconds = time.monotonic() - began
    finally:
        os.kill(pid, signal.SIGCONT)
    [woken] = [process for process in site.captures.values() if process.pid == pid]
    woken.wait(WAKE_SECONDS)
    site.wait_complete()
    return seconds


def _stopped(site: Site) -> int:
    """The process that is frozen; 0 without one."""
    stopped = (pid for pid in site.pids if psutil.Process(pid).status() == psutil.STATUS_STOPPED)
    return next(stopped, 0)
