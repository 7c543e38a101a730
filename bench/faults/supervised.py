"""The whole platform as people run it: `manage.py run` with web, capture and work processes below it."""

from __future__ import annotations

import os
import select
import socket
import sys
import time
from collections.abc import Callable, Iterable

import psutil

from bench.faults.children import MANAGE
from bench.faults.context import Context

UP_SECONDS = 60.0
DECODERS = 2
# Web, capture and work, and the decoders of the capture.
FAMILY = 3 + DECODERS


class Supervised:
    """One `manage.py run`; each start() is a new one, on the same site and ports."""

    def __init__(self, context: Context, *, captures: int = 1) -> None:
        self._context = context
        self._captures = captures

    def start(self) -> None:
        """Does not wait for anything."""
        self.process = self._context.children.start(
            [sys.executable, MANAGE, "run"],
            log=self._context.log("run"),
            stdout=self._context.log("run-out").open("ab"),
            env=self._context.environment(SNAP_CAPTURE_NODES=self._captures, SNAP_DECODERS=DECODERS),
        )

    def family(self) -> list[psutil.Process]:
        return self._context.children.family(self.process.pid)

    def wait_up(self) -> None:
        """Until it takes publishers and requests, with all its decoders. RuntimeError when it doesn't."""
        until = time.monotonic() + UP_SECONDS
        full = 2 + self._captures * (1 + DECODERS)
        while len(self.family()) < full or not (_listens("SNAP_HTTP_PORT") and _listens("SNAP_RTMP_PORT")):
            if time.monotonic() > until or self.process.poll() is not None:
                raise RuntimeError("the platform did not come up; see run.log")
            time.sleep(0.05)


def milliseconds_until_gone(pids: Iterable[int], act: Callable[[], object], seconds: float) -> float:
    """Call `act`, then wait on the kernel's handles; how long the last of the processes lived on.

    `seconds` is returned, in ms, when one of them outlived that.
    """
    handles = {handle for pid in pids if (handle := _handle(pid)) is not None}
    poller = select.poll()
    for handle in handles:
        poller.register(handle, select.POLLIN)
    began = time.monotonic()
    act()
    left = set(handles)
    try:
        while left and time.monotonic() < began + seconds:
            for handle, _ in poller.poll(1000 * (began + seconds - time.monotonic())):
                poller.unregister(handle)
                left.discard(handle)
        return 1000 * (seconds if left else time.monotonic() - began)
    finally:
        for handle in handles:
            os.close(handle)


def marked(variable: str, value: str) -> list[psutil.Process]:
    """Every process of this machine that was started with this in its environment."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(variable) == value and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


def _handle(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid)
    except ProcessLookupError:
        return None


def _listens(variable: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", int(os.environ[variable]))) == 0
