"""What a set of processes uses: CPU time of whole trees, and memory shared out fairly (PSS)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True, slots=True)
class Usage:
    """`cpu` is in percent of one core; `busy` is the share of all cores that anybody used."""

    cpu: float
    busy: float


def measure(pids: Sequence[int], seconds: float) -> Usage:
    """Watch the trees below `pids` for some seconds."""
    psutil.cpu_percent()
    before, began = cpu_seconds(pids), time.monotonic()
    time.sleep(seconds)
    took = time.monotonic() - began
    return Usage((cpu_seconds(pids) - before) / took * 100, psutil.cpu_percent())


def cpu_seconds(pids: Sequence[int]) -> float:
    """User and system time of the trees so far, children that ended meanwhile included."""
    total = 0.0
    for pid in pids:
        root = psutil.Process(pid)
        own = root.cpu_times()
        total += own.user + own.system + own.children_user + own.children_system
        for child in root.children(recursive=True):
            times = child.cpu_times()
            total += times.user + times.system
    return total


def pss(pids: Sequence[int]) -> float:
    """Proportional set size of the trees in MB: a shared page counts once, split among those that map it."""
    return sum(_pss_of(member) for pid in pids for member in tree(pid)) / 1024


def tree(pid: int) -> list[int]:
    return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]


def _pss_of(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0
