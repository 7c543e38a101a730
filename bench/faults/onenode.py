"""One `manage.py capture` with jobs of its own, for figures that need a running node."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

import psutil

from bench.faults.children import MANAGE
from bench.faults.context import Context
from jobs import services as jobs
from jobs.models import Job, SkipCount
from snapplatform import clock
from snapplatform.access.models import User
from snapplatform.access.principal import Principal, principal_of
from snapplatform.cluster.models import Node
from snapplatform.ops.bootstrap import bootstrap
from snapplatform.storage import checking
from snapplatform.storage.models import Bucket
from snapplatform.streams.services import ensure_stream
from templates import services as templates

T = TypeVar("T")
START_SECONDS = 60.0


@dataclass
class OneNode:
    """The site's database, made here, and one capture process on SNAP_RTMP_PORT."""

    context: Context
    variables: dict[str, object] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        bootstrap()
        admin = User.objects.get(is_superuser=True)
        self.principal: Principal = principal_of(admin)
        self.bucket = Bucket.objects.get(account=admin.account_id)
        self.port = int(os.environ["SNAP_RTMP_PORT"])

    def start(self) -> None:
        """Start it (again) and wait until it beats and listens."""
        self.process = self.context.children.start(
            [sys.executable, MANAGE, "capture"],
            log=self.context.log("capture"),
            env=self.context.environment(SNAP_STARTED_JOBS_LIMIT=1000, **self.variables),
        )
        self.wait_for(self._up, "the capture node", START_SECONDS)

    def job(self, stream: str, *, bucket: Bucket | None = None, **template: Any) -> Job:
        """A started job that waits for the stream; keywords go to its template."""
        fields = {
            "name": f"of {stream}"[:128],
            "interval_ms": 500,
            "sequence_format": "{JobId}/{UnixTimestamp}.jpg",
            **template,
        }
        return jobs.submit_job(
            principal=self.principal,
            name=stream,
            template=templates.create_template(principal=self.principal, **fields),
            stream=ensure_stream(account_id=self.principal.account_id, name=stream)[0],
            bucket=bucket or self.bucket,
            autostart=True,
        )

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def decoders(self) -> list[int]:
        """Process ids of its decoders."""
        children = psutil.Process(self.pid).children()
        return sorted(child.pid for child in children if "snapplatform.media.decoder" in child.cmdline())

    @property
    def lives(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def wait_for(self, question: Callable[[], T], what: str, seconds: float = 20.0) -> T:
        """Its answer as soon as it is true. RuntimeError after `seconds`, or when the node has ended."""
        until = time.monotonic() + seconds
        while not (answer := question()):
            if time.monotonic() > until or not self.lives:
                raise RuntimeError(f"waited in vain for {what}; see {self.context.log('capture')}")
            time.sleep(0.05)
        return answer

    def _up(self) -> bool:
        return Node.objects.filter(pid=self.pid, stopped_at=None, beat__gt=0).exists()


def reasons(job: Job) -> dict[str, int]:
    """Why ticks of the job gave no picture, and how often."""
    return dict(SkipCount.objects.filter(job=job).values_list("reason", "count"))


def check_storage() -> dict[str, int]:
    """What `manage.py check_storage --hash` would find two hours later, summed over the buckets: the clock is
    put forward for it, because it never looks at what somebody may still be writing. Stop all writers first.
    """
    found: dict[str, int] = {}
    with clock.hold(clock.now() + timedelta(hours=2)):
        for report in checking.check_storage(
            Bucket.objects.all(), checking.Options(hashes=True, grace=timedelta())
        ):
            if report.trouble:
                found[report.trouble] = 1
            for kind, count in report.found.items():
                if count:
                    found[kind.value] = found.get(kind.value, 0) + count
    return found
