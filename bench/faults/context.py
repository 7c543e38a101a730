"""What a figure is given: seed, size, a folder and a database of its own, and children that end with it."""

from __future__ import annotations

import os
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from bench.faults.children import Children
from bench.faults.postgresql import Server


@dataclass(slots=True)
class Context:
    """SNAP_... variables and Django are set up for `folder` and `database` already when run() is called.

    `scale` shrinks counts, never limits; `patience` multiplies limits of time, for tests on busy machines.
    `stack` closes at the end, whatever happens, before the folder goes.
    """

    name: str
    seed: int
    scale: float
    patience: float
    database: str  # "sqlite" or "postgresql"
    folder: Path
    stack: ExitStack
    children: Children
    random: Random
    server: Server | None = None  # of a figure that asked for its own PostgreSQL
    numbers: dict[str, float] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)

    def count(self, full: int, least: int = 1) -> int:
        """`full` at scale 1."""
        return max(least, round(full * self.scale))

    def number(self, name: str, default: float) -> float:
        """A number of the figure's own, as `--set NAME=NUMBER` gives it."""
        return self.numbers.get(name, default)

    def environment(self, **variables: object) -> dict[str, str]:
        """This process's environment, which names the site, with other variables set."""
        return {**os.environ, **{name: str(value) for name, value in variables.items()}}

    def say(self, what: str) -> None:
        """Progress, on standard error: standard output is the verdict's."""
        print(f"{time.monotonic() - self.began:6.1f} s  {what}", file=sys.stderr, flush=True)

    def log(self, name: str) -> Path:
        """Where a child's output goes; kept when the figure fails."""
        return self.folder / f"{name}.log"
