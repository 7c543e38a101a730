"""The whole platform on one machine: what `manage.py run` starts, and with what around it."""

import asyncio
import os
import shutil
import socket
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from django.conf import settings
from prometheus_client import multiprocess

from snapplatform.ops import ports
from snapplatform.ops.banner import banner
from snapplatform.ops.bootstrap import bootstrap
from snapplatform.ops.hanging import HangWatch
from snapplatform.ops.lock import run_lock
from snapplatform.ops.reach import leave_database
from snapplatform.ops.supervisor import ChildSpec, Supervisor

PARTS = ("web", "capture", "work")
_MANAGE = str(settings.BASE_DIR / "manage.py")


def run_platform(parts: Sequence[str]) -> int:
    """Start the parts, keep them running, and return the exit code after a stop signal.

    Raises AlreadyRunning, PortTaken, WrongEncryptionKey and database errors before anything is started.
    """
    with ExitStack() as held:
        held.enter_context(run_lock(settings.SNAP.data_dir))
        listening = held.enter_context(_http_socket()) if "web" in parts else None
        if "capture" in parts:
            # The nodes share the port among themselves, so only a test bind shows that strangers hold it.
            ports.check_free(settings.SNAP.rtmp_host, settings.SNAP.rtmp_port, variable="SNAP_RTMP_PORT")
        outcome = bootstrap()
        leave_database()
        metrics = _empty_metrics_dir()
        print(banner(parts, outcome), flush=True)
        supervisor = Supervisor(
            children(parts, listening),
            environment={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(metrics)},
            beside=HangWatch().run,
            forget=lambda pid: multiprocess.mark_process_dead(pid, str(metrics)),
        )
        return asyncio.run(supervisor.run())


def children(parts: Sequence[str], listening: socket.socket | None) -> list[ChildSpec]:
    """The processes of the parts, in the order they start."""
    specs: list[ChildSpec] = []
    if "capture" in parts:
        specs += [
            _child(f"capture-{n}", "capture", beats=True) for n in _numbers(settings.SNAP.capture_nodes)
        ]
    if listening is not None:
        fd = listening.fileno()
        workers = _numbers(settings.SNAP.web_workers)
        specs += [_child(f"web-{n}", "web", f"--fd={fd}", inherit=(fd,)) for n in workers]
    if "work" in parts:
        specs.append(_child("work", "work"))
    return specs


def _child(name: str, *command: str, inherit: tuple[int, ...] = (), beats: bool = False) -> ChildSpec:
    return ChildSpec(name, [sys.executable, _MANAGE, *command], pass_fds=inherit, beats=beats)


def _numbers(count: int) -> range:
    return range(1, count + 1)


def _http_socket() -> socket.socket:
    """Bound here and inherited by all web processes: one of them may die without a refused connection."""
    return ports.listen(settings.SNAP.http_host, settings.SNAP.http_port, variable="SNAP_HTTP_PORT")


def _empty_metrics_dir() -> Path:
    """Where the processes share their counters. What an earlier run counted is over."""
    folder: Path = settings.SNAP.data_dir / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
