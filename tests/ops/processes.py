"""Starting commands of the platform in tests, reading what they print, and waiting for processes to end."""

import os
import queue
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
MANAGE = str(ROOT / "manage.py")
# Generous: what is measured is printed, and this only bounds a hang.
PATIENCE = 60.0


def environment(data_dir: Path, **variables: object) -> dict[str, str]:
    """The test's environment with settings of its own: no SNAP_ variable of the developer gets in."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SNAP_", "DJANGO_"))}
    kept |= {"PYTHONUNBUFFERED": "1", "SNAP_DATA_DIR": str(data_dir), "SNAP_LOG_FORMAT": "json"}
    return kept | {name: str(value) for name, value in variables.items()}


def manage(*words: str, env: dict[str, str], timeout: float = PATIENCE) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        [sys.executable, MANAGE, *words], env=env, capture_output=True, text=True, timeout=timeout, cwd=ROOT
    )


class Running:
    """A started command. Its lines are read in a thread: select() on a buffered pipe would miss some."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []
        self._arriving: queue.Queue[str | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def expect(self, text: str, timeout: float = PATIENCE) -> str:
        """The next line with `text` in it. Fails when the output ends first, or nothing comes in time."""
        until = time.monotonic() + timeout
        while True:
            line = self._arriving.get(timeout=max(0.01, until - time.monotonic()))
            assert line is not None, f"ended without {text!r}:\n" + "".join(self.lines)
            if text in line:
                return line

    def end(self, number: signal.Signals, timeout: float = PATIENCE) -> int:
        """Send the signal and wait; the exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout)

    def wait(self, timeout: float = PATIENCE) -> int:
        code = self.process.wait(timeout)
        self._reader.join(timeout)
        return code

    def family(self) -> list[psutil.Process]:
        """All descendants that live now."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(line)
            self._arriving.put(line)
        self._arriving.put(None)


@contextmanager
def started(command: list[str], env: dict[str, str]) -> Iterator[Running]:
    """Run a command beside the test, and end it with all its descendants whatever happens."""
    process = subprocess.Popen(
        command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT
    )
    running = Running(process)
    family: list[psutil.Process] = []
    try:
        yield running
    finally:
        with suppress(psutil.NoSuchProcess):
            family = running.family()
        process.kill()
        process.wait()
        for member in family:
            with suppress(psutil.NoSuchProcess):
                member.kill()
        if process.stdout:
            running._reader.join(5)
            process.stdout.close()


def milliseconds_until_gone(pids: list[int], act: object, timeout: float = 10.0) -> float:
    """Call `act`, then wait on the kernel's handles of all `pids`; how long the last one lived on."""
    handles = [os.pidfd_open(pid) for pid in pids]
    try:
        poller = select.poll()
        for handle in handles:
            poller.register(handle, select.POLLIN)
        began = time.monotonic()
        act()  # type: ignore[operator]
        left = set(handles)
        while left:
            ready = poller.poll(max(0.0, began + timeout - time.monotonic()) * 1000)
            assert ready, f"{len(left)} of {len(pids)} processes still live after {timeout} s"
            for handle, _ in ready:
                poller.unregister(handle)
                left.discard(handle)
        return (time.monotonic() - began) * 1000
    finally:
        for handle in handles:
            os.close(handle)
