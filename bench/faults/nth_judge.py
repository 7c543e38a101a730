"""What the trials of figure 23 left: rows, files and counters against what the cameras were told."""

from __future__ import annotations

import hashlib
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bench.faults.nth_faults import KINDS, Fault
from bench.faults.onenode import check_storage
from bench.faults.verdict import Verdict
from jobs.models import Job, Snapshot
from snapplatform.storage.buckets import root_of
from snapplatform.storage.models import StoredObject

HARMLESS = {"orphaned", "garbage"}  # nobody sweeps here


@dataclass
class Trial:
    """One fault, the pictures that met it, and what the cameras said of each ("": kept). `away`: the bucket
    takes nothing at first, so that the pictures go through the spool."""

    fault: Fault
    away: bool
    pictures: list[bytes]
    reasons: list[str]
    problem: str = ""


def judge(trials: list[Trial], job: Job, most: int) -> Verdict:
    root = root_of(job.bucket)
    rows = Snapshot.objects.filter(job=job, is_overlay=False).select_related("object").order_by("sequence")
    times = Counter(row.object.sha256 for row in rows)
    verdict, skips = Verdict(0, len(trials)), Counter[str]()
    for trial in trials:
        wrong = [
            problem
            for data, why in zip(trial.pictures, trial.reasons, strict=bool(trial.pictures))
            if (problem := _problem(data, why, times))
        ]
        wrong += [trial.problem] if trial.problem else []
        verdict.n += not wrong
        where = f"{trial.fault.kind} {trial.fault.number}{' by the spool' * trial.away}"
        verdict.problems += [f"{where}: {problem}" for problem in wrong]
        skips.update(filter(None, trial.reasons))
    pictures = {hashlib.sha256(data).hexdigest(): data for trial in trials for data in trial.pictures}
    verdict.problems += _files(root, pictures)
    row = Job.objects.get(pk=job.pk)
    kept = sum(reason == "" for trial in trials for reason in trial.reasons)
    totals, ticks = (row.captured, row.skipped), row.captured + row.skipped
    if totals != (kept, sum(skips.values())) or row.expected != ticks:
        verdict.problems.append(
            f"{row.captured} pictures and {row.skipped} skips of {row.expected} ticks were counted, but there"
            f" were {kept} and {sum(skips.values())}"
        )
    found = check_storage()
    if bad := set(found) - HARMLESS:
        verdict.problems.append(f"check_storage found {sorted(bad)}")
    direct = Counter(one.fault.kind for one in trials if one.fault.fired and one.pictures and not one.away)
    spooled = Counter(one.fault.kind for one in trials if one.fault.fired and one.away)
    counted = Counter(one.fault.kind for one in trials if one.fault.fired and not one.pictures)
    calls = {"failed_calls": dict(direct), "by_the_spool": dict(spooled), "counts_alone": dict(counted)}
    verdict.details |= calls | {"pictures": kept, "skips": dict(skips), "found": found}
    verdict.details["more_to_fail"] = sorted(
        kind for kind in KINDS if max(direct[kind], spooled[kind]) >= most
    )
    return verdict


def _problem(data: bytes, reason: str, times: Counter[str]) -> str:
    registered = times[hashlib.sha256(data).hexdigest()]
    if reason.startswith("internal"):
        return reason
    if reason:
        return f"counted as skipped ({reason}), but registered" if registered else ""
    return "" if registered == 1 else f"registered {registered} times"


def _files(root: Path, pictures: dict[str, bytes]) -> list[str]:
    """Whatever has a final name is one of the pictures, whole; and each row has its file."""
    problems = []
    for path in root.rglob("*.jpg"):
        if hashlib.sha256(path.read_bytes()).hexdigest() not in pictures:
            problems.append(f"{path.name} under its final name is no whole picture")
    for stored in StoredObject.objects.all():
        with suppress(FileNotFoundError):
            if (root / stored.blob).read_bytes() == pictures[stored.sha256]:
                continue
        problems.append(f"the row of {stored.key} has no file with its bytes")
    return problems
