"""Figure 11: full disks under a running node: the bucket's, the data directory's with the database, and both.

No truncated file may stand under a final name, pictures must come again within 10 s after space returned, and
every tick is a picture or a skip with its reason. Pictures that the bucket refused may wait in the node's
spool; what waits must arrive. Without root (or with `--set limit=1`) a limit on file sizes takes the disk's
place. `--set careless=1` runs a node whose store was robbed of its care, and must fail.
"""

from __future__ import annotations

import os
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.faults import checker, mutant
from bench.faults.cameras import Cameras
from bench.faults.context import Context
from bench.faults.disk import Disk, FileSizeLimit, SmallDisk
from bench.faults.site import Plan, Site
from bench.faults.verdict import Verdict
from jobs.models import Job, SkipCount, Snapshot
from snapplatform import clock
from snapplatform.storage.models import Bucket

# The store without its care: straight to the final name, and left there. The figure must find it out.
CARELESS: mutant.Changes = {
    "snapplatform.storage.store": [
        ["folder.write(name + TEMPORARY, data)", "folder.write(name, data)"],
        ["folder.rename(name + TEMPORARY, name)", "pass"],
        [
            "with suppress(OSError):\n                folder.unlink(name)\n        raise",
            "pass\n        raise",
        ],
    ]
}
INTERVAL_MS = 500
STREAMS = 4
RESUME_SECONDS = 10.0
FULL_SECONDS = 6.0
LEFT = (0, 4096, 12288)  # bytes: nothing, less than a picture, one or two
SETTLE_SECONDS = 30.0
LIMITS = (1024, 2048, 4096)


@dataclass(slots=True)
class Cycle:
    """What is full, with how much left, for how long; and what came of it."""

    what: str
    disks: tuple[Disk, ...]
    left: int
    seconds: float = FULL_SECONDS
    resumed: float = 0.0  # seconds after the space came back; infinite: not in time


def run(context: Context) -> Verdict:
    data = Path(os.environ["SNAP_DATA_DIR"])
    bucket_folder = context.folder / "bucket"
    limited = os.geteuid() != 0 or context.number("limit", 0) != 0
    disks = _disks(context, data, bucket_folder, limited=limited)
    bucket_folder.mkdir(exist_ok=True)
    changes = CARELESS if context.number("careless", 0) else None
    site = Site(context, Plan(STREAMS, (INTERVAL_MS,), captures=1, changes=changes))
    Bucket.objects.update(location=str(bucket_folder))
    site.start_all()
    cameras = Cameras(context, site.port)
    cameras.start(site.names)
    site.until(lambda: site.pictures() >= 2 * STREAMS, "the first pictures")
    began, pids = time.monotonic(), list(site.pids)
    cycles = _cycles(disks, context, limited=limited)
    for cycle in cycles:
        _suffer(cycle, site, context)
    _settle(site, context)
    ticks = (time.monotonic() - began) * 1000 / INTERVAL_MS
    survived = site.captures[0].poll() is None and list(site.pids) == pids
    cameras.stop(site.names)
    site.stop_all()
    return _judge(cycles, bucket_folder, survived, ticks, data)


def _disks(context: Context, data: Path, bucket: Path, *, limited: bool) -> dict[str, Disk]:
    if limited:
        return {"bucket and data": FileSizeLimit()}
    disks = {"bucket": SmallDisk(bucket)}
    context.stack.callback(disks["bucket"].unmount)
    if context.database == "sqlite":
        disks["data"] = SmallDisk(data)
        context.stack.callback(disks["data"].unmount)
    context.stack.callback(context.children.end_all)  # before the disks go
    return dict(disks)


def _cycles(disks: dict[str, Disk], context: Context, *, limited: bool) -> list[Cycle]:
    """Shuffled; the last one is longer than a node's lease."""
    every = [(name, (disk,)) for name, disk in disks.items()]
    if len(every) > 1:
        every.append(("both", tuple(disks.values())))
    lefts = LIMITS if limited else LEFT
    cycles = [Cycle(what, full, left) for what, full in every for left in lefts]
    context.random.shuffle(cycles)
    cycles = cycles[: context.count(len(cycles))]
    return [*cycles, Cycle(f"{every[-1][0]}, for long", every[-1][1], 0, 3 * FULL_SECONDS)]


def _suffer(cycle: Cycle, site: Site, context: Context) -> None:
    for disk in cycle.disks:
        disk.fill(cycle.left, site.pids)
    time.sleep(cycle.seconds)
    for disk in cycle.disks:
        disk.free()
    freed, began = clock.now(), time.monotonic()
    cycle.resumed = float("inf")
    while time.monotonic() - began < 2 * RESUME_SECONDS:
        new = Snapshot.objects.filter(frame_at__gt=freed).values("job").distinct().count()
        if new == STREAMS:
            cycle.resumed = time.monotonic() - began
            break
        time.sleep(0.05)
    context.say(f"{cycle.what} full but for {cycle.left} bytes: pictures again after {cycle.resumed:.1f} s")
    time.sleep(1.0)


def _settle(site: Site, context: Context) -> None:
    """Until nothing waits any more: what was spooled has to arrive."""
    until = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < until and spooled():
        time.sleep(0.2)
    context.say(f"{spooled()} pictures wait in the spool")


def spooled() -> int:
    """Pictures in the node's spool: each has a sidecar."""
    return sum(1 for _ in (Path(os.environ["SNAP_DATA_DIR"]) / "spool").rglob("*.json"))


def _judge(cycles: list[Cycle], bucket: Path, survived: bool, ticks: float, data: Path) -> Verdict:
    verdict = Verdict(sum(cycle.resumed < RESUME_SECONDS for cycle in cycles), len(cycles))
    found = checker.check(bucket)
    verdict.problems += found.broken
    verdict.problems += [f"{cut} truncated files under final names" for cut in [_truncated(bucket)] if cut]
    if not survived:
        verdict.problems.append("the node did not live through it")
    if found.temporary:
        verdict.problems.append(f"{found.temporary} temporary files were left")
    if left := spooled():
        verdict.problems.append(f"{left} pictures never left the spool")
    for job in Job.objects.all():
        if job.expected != job.captured + job.skipped:
            rest = job.expected - job.captured - job.skipped
            verdict.problems.append(f"{rest} of {job.expected} ticks of {job} are neither picture nor skip")
        if job.expected < ticks - 3:
            verdict.problems.append(f"{job} counted {job.expected} ticks of {ticks:.0f}")
    reasons = dict[str, int]()
    for reason, count in SkipCount.objects.values_list("reason", "count"):
        reasons[reason] = reasons.get(reason, 0) + count
    if data.joinpath("snapplatform.sqlite3").exists():
        verdict.details["integrity"] = integrity(data / "snapplatform.sqlite3")
        if verdict.details["integrity"] != "ok":
            verdict.problems.append("the database is damaged")
    verdict.details |= _details(cycles) | found.details() | {"skips": reasons}
    return verdict


def _details(cycles: list[Cycle]) -> dict[str, Any]:
    by_kind: dict[str, list[float]] = {}
    for cycle in cycles:
        by_kind.setdefault(cycle.what, []).append(round(cycle.resumed, 1))
    return {"resumed_seconds": by_kind}


def _truncated(bucket: Path) -> int:
    """Files with a final name that are no whole JPEG, whatever the ledger says of them."""
    whole = (b"\xff\xd8", b"\xff\xd9")
    files = [path for path in bucket.rglob("*.jpg") if path.is_file()]
    return sum((data[:2], data[-2:]) != whole for data in (path.read_bytes() for path in files))


def integrity(database: Path) -> str:
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])
