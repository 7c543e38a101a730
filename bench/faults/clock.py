"""Figure 21: the clock jumps by an hour, forward and back, under two capture processes and a worker.

Nobody may be taken for dead, no object's name may be used twice, pictures go on in the rhythm of real time,
and so do duties. On SQLite the database's clock jumps too; on PostgreSQL it stays and the others are wrong.
Only the wall clock is moved, in the two places that know it (clock.now(), and SQLite's own), by mutant.py.
libfaketime 0.9.10 would reach more, but breaks what it should leave alone: with it time.sleep() fails, and
threads that wait for the interpreter's lock, which both use the monotonic clock, hang for seconds.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

from bench.faults import checker, mutant
from bench.faults.cameras import Cameras
from bench.faults.context import Context
from bench.faults.diskfull import spooled
from bench.faults.site import Plan, Site
from bench.faults.verdict import Verdict
from jobs.models import Job, SkipCount, Snapshot
from snapplatform.cluster.models import Duty, Node
from snapplatform.cluster.nodes import TTL_SECONDS
from snapplatform.storage.models import Bucket
from snapplatform.streams.models import Stream
from templates.models import Template

JUMPS = (3600, 0, -3600, 0)  # seconds beside the real time, one after the other
STAY_SECONDS = TTL_SECONDS + 2.0
STREAMS = 4
INTERVAL_MS = 700
PICTURE_SECONDS = 5.0
DUTY = "find dead nodes"  # every two seconds
DUTY_SECONDS = 10.0
LONGEST_GAP = 5 * INTERVAL_MS / 1000  # between two pictures of a job in real time; the machine is shared


def run(context: Context) -> Verdict:
    moved = context.folder / "clock"
    changes = _by_clock_of(moved)
    site = Site(context, Plan(STREAMS, (INTERVAL_MS,), captures=2, changes=changes))
    Template.objects.filter(name=f"every {INTERVAL_MS} ms").update(
        sequence_format="{JobId}/{UnixTimestamp}.jpg"
    )
    _move(moved, 0)
    site.start_all()
    context.children.start(mutant.command(changes, "work"), log=context.log("work"))
    cameras = Cameras(context, site.port)
    cameras.start(site.names)
    cameras.wait_live(site.names)
    site.until(lambda: site.pictures() >= 2 * STREAMS, "the first pictures")
    site.until(Duty.objects.filter(name=DUTY).exists, "the duties")
    verdict, began = Verdict(0, 0), time.monotonic()
    before = _held(site)
    for jump in JUMPS:
        _move(moved, jump)
        _watch(jump, site, before, verdict, context)
    ticks = (time.monotonic() - began) * 1000 / INTERVAL_MS
    site.until(lambda: not spooled(), "the spool to be empty")
    cameras.stop(site.names)
    site.stop_all()
    _judge(verdict, ticks)
    return verdict


def _move(file: Path, seconds: int) -> None:
    draft = file.with_suffix(".new")
    draft.write_text(f"{seconds:+d}")
    draft.rename(file)


def _by_clock_of(file: Path) -> mutant.Changes:
    """Processes that add what `file` says (seconds) to the time."""
    read = f"open({str(file)!r}).read()"
    return {
        "snapplatform.clock": [["datetime.now(UTC)", f"datetime.now(UTC) + timedelta(seconds=int({read}))"]],
        "django.db.models.functions.datetime": [
            ["%%%%f', 'NOW')\",", f"%%%%f', 'NOW', '\" + {read} + \" seconds')\","],
        ],
    }


def _held(site: Site) -> dict[str, Any]:
    """What a lost lease would change."""
    return {
        "nodes": sorted(Node.objects.values_list("pid", "stopped_at")),
        "streams": sorted(Stream.objects.values_list("name", "node__pid", "epoch", "state")),
        "running": [process.poll() for process in site.captures.values()],
    }


def _watch(jump: int, site: Site, before: dict[str, Any], verdict: Verdict, context: Context) -> None:
    """After one jump: pictures of every job, duties, and for a lease's time nobody is taken for dead."""
    began, pictures = time.monotonic(), _captured()
    duty = Duty.objects.get(name=DUTY).last_finished_at
    looks: dict[str, tuple[float, Callable[[], bool]]] = {
        "pictures": (PICTURE_SECONDS, lambda: all(n > pictures[pk] for pk, n in _captured().items())),
        "duties": (DUTY_SECONDS, lambda: Duty.objects.get(name=DUTY).last_finished_at != duty),
    }
    took: dict[str, float | None] = dict.fromkeys(looks)
    while (now := time.monotonic() - began) < STAY_SECONDS:
        for name, (_, look) in looks.items():
            if took[name] is None and look():
                took[name] = round(now, 1)
        time.sleep(0.1)
    for name, (most, _) in looks.items():
        verdict.of += 1
        if (seconds := took[name]) is not None and seconds <= most:
            verdict.n += 1
        else:
            verdict.problems.append(f"clock to {jump:+d} s: no {name} within {most:.0f} s")
    verdict.of += 1
    if (after := _held(site)) == before:
        verdict.n += 1
    else:
        verdict.problems.append(f"clock to {jump:+d} s: {before} became {after}")
    verdict.details.setdefault("jumps", []).append({"to": jump} | took)
    context.say(f"clock to {jump:+d} s: {took}")


def _captured() -> dict[Any, int]:
    return dict(Job.objects.values_list("pk", "captured"))


def _judge(verdict: Verdict, ticks: float) -> None:
    root = Path(os.environ["SNAP_DATA_DIR"]) / "buckets" / str(Bucket.objects.get().pk)
    found = checker.check(root)
    verdict.problems += found.broken
    gaps = []
    for job in Job.objects.all():
        rows = list(Snapshot.objects.filter(job=job, is_overlay=False).select_related("object"))
        rows.sort(key=lambda row: row.sequence)
        if len({row.object.key for row in rows}) != job.captured:
            verdict.problems.append(f"{job}: {job.captured} pictures, but not as many names")
        if any(later.timestamp <= sooner.timestamp for sooner, later in pairwise(rows)):
            verdict.problems.append(f"{job}: its timestamps do not rise")
        real = sorted((root / row.object.blob).stat().st_mtime for row in rows)
        gaps.append(max(later - sooner for sooner, later in pairwise(real)))
        if job.expected < ticks - 3:
            verdict.problems.append(f"{job} counted {job.expected} ticks of {ticks:.0f}")
    if max(gaps) > LONGEST_GAP:
        verdict.problems.append(f"no picture for {max(gaps):.1f} s")
    skips = dict(SkipCount.objects.values_list("reason", "count"))
    verdict.details |= found.details() | {"longest_gap_s": round(max(gaps), 2), "skips": skips}
