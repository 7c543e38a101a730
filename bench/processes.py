"""Child processes of the bench: each ends with us, however we end, and by its own id."""

from __future__ import annotations

import ctypes
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[1]
STOP_SECONDS = 10.0
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def start(
    command: Sequence[str],
    *,
    log: Path | None = None,
    env: Mapping[str, str] | None = None,
    **options: Any,
) -> subprocess.Popen[bytes]:
    """Start a command in a session of its own: Ctrl-C reaches us alone, and we end the others in order."""
    stderr: IO[bytes] | int = log.open("ab") if log else subprocess.DEVNULL
    try:
        return subprocess.Popen(
            list(command),
            stderr=stderr,
            env=env,
            cwd=ROOT,
            start_new_session=True,
            preexec_fn=_die_with_parent,
            **{"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, **options},
        )
    finally:
        if not isinstance(stderr, int):
            stderr.close()


def python(module: str) -> list[str]:
    return [sys.executable, "-m", module]


def end(processes: Iterable[subprocess.Popen[bytes]], number: int = signal.SIGTERM) -> None:
    """Ask all of them, then wait; those that don't go in time are killed."""
    waiting = [process for process in processes if process.poll() is None]
    for process in waiting:
        process.send_signal(number)
    for process in waiting:
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _die_with_parent() -> None:
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
