"""Child processes of a figure: each one, and what it started itself, is ended by its own id in every case."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from bench import processes
from bench.faults.interrupts import held

MANAGE = str(processes.ROOT / "manage.py")


class Children:
    """Start them from the main thread: the kernel ends a child with the *thread* that started it."""

    def __init__(self) -> None:
        self._started: list[subprocess.Popen[bytes]] = []
        self._family: dict[int, psutil.Process] = {}

    def start(
        self,
        command: Sequence[str],
        *,
        log: Path | None = None,
        env: Mapping[str, str] | None = None,
        **options: Any,
    ) -> subprocess.Popen[bytes]:
        with held():
            child = processes.start(command, log=log, env=env, **options)
            self._started.append(child)
        return child

    def family(self, pid: int) -> list[psutil.Process]:
        """All living descendants of a child; they are remembered, to be ended should it leave them behind."""
        try:
            found = psutil.Process(pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []
        self._family |= {each.pid: each for each in found}
        return found

    def kill(self, child: subprocess.Popen[bytes]) -> None:
        """kill -9, and wait until it is gone."""
        self.family(child.pid)
        with suppress(ProcessLookupError):
            os.kill(child.pid, signal.SIGKILL)
        child.wait()

    def end_all(self) -> None:
        """Kill: the data is thrown away. Also frozen ones go, and what a killed parent left behind."""
        for child in self._started:
            if child.poll() is None:
                self.kill(child)
            for pipe in (child.stdin, child.stdout):
                if pipe is not None:
                    with suppress(OSError):
                        pipe.close()
        for member in self._family.values():
            with suppress(psutil.NoSuchProcess):
                member.kill()  # psutil looks first whether the id is still the same process
        psutil.wait_procs(list(self._family.values()), timeout=processes.STOP_SECONDS)
