"""A platform under fault: its database with streams and jobs, and capture processes that share one port."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from bench.faults import checker, mutant
from bench.faults.children import MANAGE
from bench.faults.context import Context
from bench.faults.making import make_jobs

if TYPE_CHECKING:
    from jobs.models import Job

T = TypeVar("T")

WAIT_SECONDS = 60.0
LOOK_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Plan:
    """`intervals_ms`: one job of each stream a value, the first with an overwrite object too. `changes`: see
    mutant.py; None starts the platform as it is. `source`: a URL with {name} from which the streams are
    pulled; else somebody publishes them."""

    streams: int = 4
    intervals_ms: tuple[int, ...] = (500, 700)
    captures: int = 4
    changes: mutant.Changes | None = None
    source: str = ""


class Site:
    """Made with its jobs started; start_capture() and the cameras are the figure's."""

    def __init__(self, context: Context, plan: Plan) -> None:
        self._context = context
        self.plan = plan
        self.port = int(os.environ["SNAP_RTMP_PORT"])
        self.names = [f"camera-{number:02d}" for number in range(plan.streams)]
        self.captures: dict[int, subprocess.Popen[bytes]] = {}
        self.revived = 0
        self.principal, self.job_ids = make_jobs(self.names, plan)

    def start_all(self) -> None:
        """Every capture process, and wait until each takes publishers."""
        for slot in range(self.plan.captures):
            self.start_capture(slot)
        self.wait_complete()

    def wait_complete(self) -> None:
        """Until every capture process is registered. Those that ended are started again first, as their
        supervisor does."""
        self.until(
            lambda: not self.revive() and self.nodes_of(*self.pids) == self.plan.captures, "all captures"
        )

    def revive(self) -> int:
        """Start again what ended to be started again; returns how many. RuntimeError when one gave up."""
        ended = {slot: process.poll() for slot, process in self.captures.items()}
        for slot, code in ended.items():
            if code is None:
                continue
            if code in (1, os.EX_CONFIG):
                raise RuntimeError(f"a capture process ended with code {code}; see capture-{slot}.log")
            self.start_capture(slot)
            self.revived += 1
        return sum(code is not None for code in ended.values())

    def start_capture(self, slot: int) -> int:
        """Start the capture process of a slot; returns its pid. Does not wait for it."""
        changes, words = self.plan.changes, ("capture",)
        command = mutant.command(changes, *words) if changes else [sys.executable, MANAGE, *words]
        nodes = max(2, self.plan.captures)  # more than one: they share the port
        process = self._context.children.start(
            command,
            log=self._context.log(f"capture-{slot}"),
            env=self._context.environment(SNAP_CAPTURE_NODES=nodes, SNAP_DECODERS=1),
        )
        self.captures[slot] = process
        return process.pid

    def kill(self, slot: int) -> None:
        """kill -9 of its capture process, and wait until it is gone."""
        self._context.children.kill(self.captures.pop(slot))

    def signal(self, slot: int, number: signal.Signals) -> None:
        self.captures[slot].send_signal(number)

    def stop_all(self, seconds: float = WAIT_SECONDS) -> None:
        """SIGTERM to all, and wait: what is in hand is finished."""
        for process in self.captures.values():
            process.terminate()
        for process in self.captures.values():
            process.wait(seconds)
        self.captures.clear()

    @property
    def pids(self) -> list[int]:
        return [process.pid for process in self.captures.values()]

    def nodes_of(self, *pids: int) -> int:
        """How many of these processes are registered and not stopped."""
        from snapplatform.cluster.models import Node

        return Node.objects.filter(pid__in=pids, stopped_at=None).count()

    def holders(self) -> dict[str, int]:
        """Which process holds each live stream, as the database says."""
        from snapplatform.streams.models import Stream

        rows = Stream.objects.filter(state=Stream.State.LIVE, node__isnull=False)
        return dict(rows.values_list("name", "node__pid"))

    @property
    def bucket_root(self) -> Path:
        from snapplatform.storage.buckets import root_of
        from snapplatform.storage.models import Bucket

        return root_of(Bucket.objects.get())

    def wait_drained(self) -> float:
        """Until nothing waits in the spool any more; how long it took, in seconds. On a busy machine call it
        when the cameras have stopped: more may come in than goes out."""
        began = time.monotonic()
        spool = Path(os.environ["SNAP_DATA_DIR"]) / "spool"
        self.until(lambda: not checker.waiting(spool), "the spool to be empty", 5 * WAIT_SECONDS)
        return time.monotonic() - began

    def pictures(self) -> int:
        from jobs.models import Snapshot

        return Snapshot.objects.filter(is_overlay=False).count()

    def skips(self) -> dict[str, int]:
        """Over all jobs, by reason."""
        from django.db.models import Sum

        from jobs.models import SkipCount

        rows = SkipCount.objects.values("reason").annotate(total=Sum("count"))
        return dict(rows.values_list("reason", "total"))

    def shown(self) -> dict[str, int]:
        """Of each stream, the lowest of its jobs' newest frames."""
        from jobs.models import Job

        newest = [(job.stream.name, self._newest(job)) for job in Job.objects.select_related("stream")]
        return {name: min(number for each, number in newest if each == name) for name in self.names}

    def until(self, true: Callable[[], T], what: str, seconds: float = WAIT_SECONDS) -> T:
        """Poll until it is true. RuntimeError when it takes too long."""
        end = time.monotonic() + seconds
        while not (answer := true()):
            if time.monotonic() > end:
                raise RuntimeError(f"waited {seconds:.0f} s in vain for {what}")
            time.sleep(LOOK_SECONDS)
        return answer

    def _newest(self, job: Job) -> int:
        """The frame number on the newest picture of a job; -1 without one."""
        rows = job.snapshots.filter(is_overlay=False).order_by("-sequence")
        blob = rows.values_list("object__blob", flat=True).first()
        return -1 if blob is None else checker.frame_number((self.bucket_root / blob).read_bytes()) or -1
