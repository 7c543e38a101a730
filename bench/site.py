"""A site of our own in a temporary folder: its database, its jobs, and the real `manage.py capture`."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import processes

JOBS = 100
INTERVAL = 5.0
QUALITY = 85
START_SECONDS = 30.0


def configure(folder: Path) -> int:
    """Point this process, and all that it starts, at a site in `folder`; returns its RTMP port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    for name in [name for name in os.environ if name.startswith("SNAP_")]:
        del os.environ[name]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "snapplatform.settings")
    os.environ.update(SNAP_DATA_DIR=str(folder / "site"), SNAP_RTMP_PORT=str(port), SNAP_LOG_FORMAT="console")
    (folder / "site").mkdir()
    import django

    django.setup()
    return port


class Site:
    """The database with `JOBS` jobs, one a stream, and a capture process. configure() comes first."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        self.log = folder / "capture.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.names = [f"camera-{number:03d}" for number in range(JOBS)]
        self._make()

    def _make(self) -> None:
        from jobs import services as jobs
        from snapplatform.access.models import User
        from snapplatform.access.principal import principal_of
        from snapplatform.ops.bootstrap import bootstrap
        from snapplatform.storage.models import Bucket
        from snapplatform.streams.services import ensure_stream
        from templates import services as templates

        bootstrap()
        admin = User.objects.get(is_superuser=True)
        self._principal = principal_of(admin)
        bucket = Bucket.objects.get(account=admin.account_id)
        template = templates.create_template(
            principal=self._principal,
            name="every-five-seconds",
            interval_ms=round(INTERVAL * 1000),
            sequence_format="{JobId}/{UnixTimestamp}.jpg",  # one object a picture, as the peers write
            quality=QUALITY,
        )
        self._jobs = {}
        for name in self.names:
            stream, _ = ensure_stream(account_id=admin.account_id, name=name)
            job = jobs.submit_job(
                principal=self._principal,
                name=name,
                template=template,
                stream=stream,
                bucket=bucket,
                autostart=True,
            )
            self._jobs[name] = job.pk

    def start(self) -> list[int]:
        """Start the capture process; returns its pid in a list, for the meters."""
        command = [sys.executable, "manage.py", "capture"]
        self._process = processes.start(command, log=self.log)
        self.wait_for(self._listening, "the capture process to listen")
        return [self._process.pid]

    def stop(self) -> None:
        if self._process is not None:
            processes.end([self._process])
            self._process = None

    def restart_jobs(self) -> float:
        """Start all jobs anew in one transaction, so that the node sees them together; returns when."""
        from django.db import transaction

        from jobs import services as jobs

        with transaction.atomic():
            for job_id in self._jobs.values():
                jobs.restart_job(principal=self._principal, job_id=job_id)
        return time.time()

    def set_jobs(self, *, started: bool) -> None:
        """Start or stop all jobs; measuring ingest alone needs none."""
        from jobs import services as jobs

        for job_id in self._jobs.values():
            if started:
                jobs.restart_job(principal=self._principal, job_id=job_id)
            else:
                jobs.stop_job(principal=self._principal, job_id=job_id)

    def snapshots(
        self, since: float, until: float | None = None, name: str | None = None
    ) -> list[dict[str, Any]]:
        """Snapshots by `stored_at` (wall clock), oldest first."""
        from jobs.models import Snapshot
        from snapplatform.streams.models import Stream

        rows = Snapshot.objects.filter(stored_at__gte=_time(since)).order_by("stored_at")
        if until is not None:
            rows = rows.filter(stored_at__lt=_time(until))
        if name is not None:
            rows = rows.filter(stream=Stream.objects.get(name=name))
        fields = (
            "job_id",
            "sequence",
            "stored_at",
            "frame_at",
            "lag_ms",
            "age_ms",
            "object__size",
            "object__blob",
        )
        return list(rows.values(*fields))

    def counts(self) -> dict[str, int]:
        """Sums over all jobs, of what the node has written so far."""
        from django.db.models import Sum

        from jobs.models import Job

        names = ("expected", "captured", "late", "skipped")
        return {
            name: value or 0 for name, value in Job.objects.aggregate(**{n: Sum(n) for n in names}).items()
        }

    def live(self) -> int:
        from snapplatform.streams.models import Stream

        return Stream.objects.filter(state=Stream.State.LIVE).count()

    def wait_for(self, true: Callable[[], bool], what: str) -> None:
        """Poll until it holds. RuntimeError when it takes too long or the capture process has ended."""
        end = time.monotonic() + START_SECONDS
        while not true():
            if time.monotonic() > end or (self._process is not None and self._process.poll() is not None):
                raise RuntimeError(f"waited in vain for {what}; see {self.log}")
            time.sleep(0.02)

    def _listening(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def _time(moment: float) -> Any:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(moment, UTC)
