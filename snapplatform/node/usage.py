"""What the node's processes cost: CPU of itself and its decoders, and what the machine has left. Linux."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from snapplatform import clock
from snapplatform.env import cores

_PROC = Path("/proc")
# Rates are of about this long: a single beat's time says little of a machine that works in bursts.
LATELY_SECONDS = 20.0
# Less than this between two looks gives no rate, as the kernel counts in hundredths of a second.
LEAST_SECONDS = 0.5
_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


@dataclass(frozen=True, slots=True)
class Seconds:
    """Since the start, on the monotonic clock: CPU seconds of the tree, and of all cores doing nothing."""

    at: float
    used: float
    idle: float | None


class Usage:
    """Rates between one look and the next. A look reads a small file per decoder and one more."""

    def __init__(self) -> None:
        self._before = Seconds(clock.monotonic(), _own_seconds(), _idle_seconds())
        self._rates: dict[str, float] = {}

    def look(self, children: Iterable[int]) -> dict[str, float]:
        """`cpu_seconds` in all; lately `cpu_cores` used by the tree, and `idle_cores` of the machine."""
        used = _own_seconds() + sum(map(_process_seconds, children))
        now, before = Seconds(clock.monotonic(), used, _idle_seconds()), self._before
        span = now.at - before.at
        if span >= LEAST_SECONDS:
            self._before = now
            # A decoder that was killed a moment ago is counted nowhere until it is collected.
            self._follow("cpu_cores", max(0.0, now.used - before.used) / span, span)
            if now.idle is not None and before.idle is not None:
                self._follow("idle_cores", min(max(0.0, now.idle - before.idle) / span, cores()), span)
        return {"cpu_seconds": round(now.used, 2), "cores": cores()} | {
            name: round(rate, 3) for name, rate in self._rates.items()
        }

    def _follow(self, name: str, rate: float, span: float) -> None:
        before = self._rates.get(name, rate)
        self._rates[name] = before + (rate - before) * min(1.0, span / LATELY_SECONDS)


def _own_seconds() -> float:
    """With those of children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _process_seconds(pid: int) -> float:
    try:
        # The second field, the command's name, may hold anything; the others follow its last parenthesis.
        fields = (_PROC / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS
    except (OSError, IndexError, ValueError):
        return 0.0


def _idle_seconds() -> float | None:
    """Of all cores together; None where the kernel doesn't tell."""
    try:
        with (_PROC / "stat").open("rb") as file:
            fields = file.readline().split()
        return (int(fields[4]) + int(fields[5])) / _TICKS
    except (OSError, IndexError, ValueError):
        return None
