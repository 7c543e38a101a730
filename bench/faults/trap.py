"""A place in a mutated process (mutant.py) where it freezes itself once, when the trap is set."""

from __future__ import annotations

import os
import signal
from pathlib import Path

VARIABLE = "BENCH_TRAP"


def spring() -> None:
    """Freeze, if the file that the environment names is there; it is gone then, so one process is caught."""
    path = Path(os.environ[VARIABLE])
    try:
        path.unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGSTOP)
