"""Figure 22: 50 streams for an hour: no process may grow by more than 1 MiB an hour, nor gather open files.

`--set seconds=1200 --set streams=10` runs it shorter and smaller. The first quarter is left out: libraries
load, caches fill. The slope is a line through the samples of the rest, `late_mib_per_hour` that of the newer
half of them. Both are told with their standard errors, and must stay under the bound by two of these.
`--set interval_ms=500 --set small=1` takes ten times the pictures, small ones, to meet a leak sooner.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.faults.cameras import Cameras
from bench.faults.children import MANAGE
from bench.faults.context import Context
from bench.faults.onenode import OneNode
from bench.faults.verdict import Verdict
from bench.fleet import Fleet
from jobs.models import Job

SECONDS = 3600.0
STREAMS = 50
CONTENT = "720p25"
INTERVAL_MS = 5000
SAMPLE_SECONDS = 10.0
WARM = 0.25
MIB_AN_HOUR = 1.0
FILES = 2  # more open files at the end than after warming up
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass
class Watched:
    """One process: samples of (seconds, MiB resident, open files, MiB of files and shared memory in it)."""

    name: str
    pid: int
    samples: list[tuple[float, float, int, float]] = field(default_factory=list)

    def sample(self, at: float) -> None:
        _, resident, shared, *_ = map(int, Path(f"/proc/{self.pid}/statm").read_text().split())
        files = len(os.listdir(f"/proc/{self.pid}/fd"))
        self.samples.append((at, resident * _PAGE / 2**20, files, shared * _PAGE / 2**20))


def run(context: Context) -> Verdict:
    seconds = context.number("seconds", SECONDS * context.scale)
    streams = round(context.number("streams", STREAMS))
    interval = round(context.number("interval_ms", INTERVAL_MS))
    node = OneNode(context)
    names = [f"camera-{number:02d}" for number in range(streams)]
    jobs = [node.job(name, interval_ms=interval, overwrite_format="{JobId}.jpg") for name in names]
    node.start()
    worker = context.children.start([sys.executable, MANAGE, "work"], log=context.log("work"))
    if context.number("small", 0):
        Cameras(context, node.port).start(names)
    else:
        fleet = Fleet(context.log("publisher"))
        context.stack.callback(fleet.close)
        fleet.publish(names, node.port, CONTENT)
    watched = [Watched("capture", node.pid), Watched("work", worker.pid)]
    watched += [Watched(f"decoder {number}", pid) for number, pid in enumerate(node.decoders())]
    lasted = _watch(watched, seconds, context)
    verdict = _judge(watched, lasted, jobs)
    verdict.details |= {"lasted_seconds": round(lasted), "streams": streams, "interval_ms": interval}
    return verdict


def _watch(watched: Sequence[Watched], seconds: float, context: Context) -> float:
    """Sample until the time is over or one has gone; returns how long that was."""
    began = time.monotonic()
    told = 0.0
    while (now := time.monotonic() - began) < seconds:
        try:
            for one in watched:
                one.sample(now)
        except FileNotFoundError:
            context.say("a process has gone")
            return now
        if now - told >= 60:
            told = now
            context.say("; ".join(f"{one.name} {one.samples[-1][1]:.1f} MiB" for one in watched))
        time.sleep(SAMPLE_SECONDS)
    return now


def _judge(watched: list[Watched], lasted: float, jobs: list[Job]) -> Verdict:
    verdict = Verdict(0, len(watched))
    for one in watched:
        warm = [sample for sample in one.samples if sample[0] >= lasted * WARM]
        slope, error = line([(at / 3600, size) for at, size, *_ in warm])
        late, late_error = line([(at / 3600, size) for at, size, *_ in warm[len(warm) // 2 :]])
        quarter = max(1, len(warm) // 4)
        files = [statistics.median(each[2] for each in part) for part in (warm[:quarter], warm[-quarter:])]
        grows = max(slope + 2 * error, late + 2 * late_error) >= MIB_AN_HOUR
        verdict.n += not grows and files[1] - files[0] <= FILES
        verdict.details[one.name] = {
            "mib_per_hour": round(slope, 2),
            "error": round(error, 2),
            "late_mib_per_hour": round(late, 2),
            "late_error": round(late_error, 2),
            "mib": round(warm[-1][1], 1),
            "files_mib_per_hour": round(line([(one[0] / 3600, one[3]) for one in warm])[0], 2),
            "files": files,
        }
        if not Path(f"/proc/{one.pid}").exists():
            verdict.problems.append(f"{one.name} has gone")
    rows = [Job.objects.get(pk=job.pk) for job in jobs]
    counts = {name: sum(getattr(row, name) for row in rows) for name in ("expected", "captured", "skipped")}
    verdict.details |= counts
    return verdict


def line(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Least squares: the slope and its standard error."""
    if len(points) < 3:
        return float("nan"), float("inf")
    xs, ys = [x for x, _ in points], [y for _, y in points]
    slope, base = statistics.linear_regression(xs, ys)
    middle = statistics.fmean(xs)
    rest = sum((y - base - slope * x) ** 2 for x, y in points) / (len(points) - 2)
    return slope, (rest / sum((x - middle) ** 2 for x in xs)) ** 0.5
