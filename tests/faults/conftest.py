"""Figures of the fault bench, run small: the real command, with a site and a database of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

import pytest

from bench.faults.postgresql import programs
from tests.ops.processes import ROOT

PATIENCE = 300.0

Bench = Callable[..., dict[str, Any]]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "faults: kills, freezes and cuts off a real platform; half a minute")


@pytest.fixture
def database() -> str:
    """The kind under test."""
    return "postgresql" if os.environ.get("SNAP_TEST_DATABASE_URL") else "sqlite"


@pytest.fixture
def own_postgresql() -> None:
    """Skips where no server can be started that may be shot."""
    try:
        programs()
    except RuntimeError as error:
        pytest.skip(str(error))


@pytest.fixture
def figure(database: str) -> Bench:
    """Runs a figure to its end; its line of JSON. Fails when it did not pass."""

    def run(name: str, scale: float, kind: str = "") -> dict[str, Any]:
        with bench(name, f"--scale={scale}", f"--database={kind or database}", "--patience=50") as process:
            out, progress = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, f"{out}\n{progress}"
        line, last = out.splitlines()
        found: dict[str, Any] = json.loads(line)
        assert last == f"{found['n']} of {found['of']}"
        return found

    return run


@contextmanager
def bench(*words: str) -> Any:
    """The command, started; it is ended in order, as it then ends its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.faults", *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=PATIENCE)


def wait_until(true: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    end = time.monotonic() + seconds
    while not (answer := true()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)
    return answer
