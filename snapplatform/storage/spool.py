"""The spool: pictures that storage or database don't take now wait on local disk, within bounds.

`<data dir>/spool` has a folder for each capture process and `aside`, for what can't be registered any more.
What waits is never deleted; when the bounds are reached, nothing new is taken.
"""

import logging
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

from snapplatform import clock
from snapplatform.errors import StorageUnavailable
from snapplatform.storage import folders, journal
from snapplatform.storage.journal import Journal
from snapplatform.storage.spool_aside import Aside
from snapplatform.storage.spool_folder import ASIDE, SpoolFolder, create, others_return, take_over
from snapplatform.storage.spool_lane import Lane

log = logging.getLogger("snapplatform.storage")

# The database may live on the same disk: so much of it stays free, or a twentieth of a small one.
FREE_BYTES = 64 * 1024 * 1024


class SpoolFull(Exception):
    """A bound is reached."""


class Spool:
    """Of one process. Blocking but for what is said to be quick; calls raise StorageUnavailable.

    `limit_bytes`: of all that waits here. `limit_seconds`: nothing is added while something older waits.
    """

    def __init__(self, root: Path, *, limit_bytes: int, limit_seconds: float) -> None:
        self.root = root
        self.aside = Aside(root / ASIDE, limit_bytes // 10)
        self._limit_bytes = limit_bytes
        self._limit_seconds = limit_seconds
        self._lock = threading.Lock()
        self._own: SpoolFolder | None = None
        self._journal: Journal | None = None
        self._taken: list[SpoolFolder] = []
        self._oldest: float | None = None

    def note(self, item: dict[str, Any]) -> int:
        """Write a stored picture into the journal; the number to settle() it by."""
        own = self._folder()
        with self._lock:
            self._journal = self._journal or Journal(own.journal)
        return self._journal.append(item)

    def settle(self, number: int) -> None:
        """Quick. What note() gave is registered or refused."""
        if self._journal is not None:
            self._journal.settle(number)

    def sync(self) -> None:
        if self._journal is not None:
            self._journal.sync()

    def add(
        self, bucket_id: UUID, job_id: UUID, data: bytes, suffix: str, describe: Callable[[], dict[str, Any]]
    ) -> None:
        """Keep a picture until it can be registered. Raises SpoolFull."""
        if self.full:
            raise SpoolFull
        with folders.explained():
            own = self._folder()
            disk = os.statvfs(self.root)
        if disk.f_bavail < min(FREE_BYTES // disk.f_frsize, disk.f_blocks // 20):
            raise StorageUnavailable("the spool's disk is full; free some space")
        own.lane(bucket_id).add(job_id, data, suffix, describe)

    def holds(self, bucket_id: UUID, job_id: UUID) -> bool:
        """Quick. Whether pictures of the job, taken by this process, wait here."""
        lane = self._own.lanes.get(bucket_id) if self._own else None
        return lane is not None and lane.jobs[job_id] > 0

    @property
    def full(self) -> bool:
        """Quick."""
        too_old = self._oldest is not None and clock.now().timestamp() - self._oldest > self._limit_seconds
        return too_old or sum(lane.bytes for lane in self.lanes()) >= self._limit_bytes

    def lanes(self) -> list[Lane]:
        """Quick. All that have entries; those that another process left come first."""
        held = [*self._taken, *([self._own] if self._own else [])]
        return [lane for folder in held for lane in list(folder.lanes.values()) if lane.entries]

    def take_over(self) -> list[tuple[SpoolFolder, list[dict[str, Any]]]]:
        """The folders of dead processes, with what their journals hold. They are in lanes() after adopt()."""
        self._folder()
        return [(folder, journal.read(folder.journal)) for folder in take_over(self.root, self._held())]

    def others_return(self) -> bool:
        """Whether other processes are about to register what dead ones left."""
        return others_return(self.root, self._held())

    def adopt(self, folder: SpoolFolder) -> None:
        """Quick. Its journal is done with; its lanes may follow."""
        with suppress(OSError):
            folder.journal.unlink(missing_ok=True)
        self._taken.append(folder)

    def set_aside(self, lane: Lane, number: int, reason: str, job_id: UUID | None) -> None:
        """It can't be registered any more."""
        self.aside.take(lane, number, reason, job_id)

    def look(self) -> None:
        """Every second or so: how old the oldest is; folders that are empty now go."""
        self._oldest = min(filter(None, [lane.oldest() for lane in self.lanes()]), default=None)
        for folder in [one for one in self._taken if not any(lane.entries for lane in one.lanes.values())]:
            self._taken.remove(folder)
            folder.close()

    def stats(self) -> dict[str, float]:
        """Quick. What people are shown of it."""
        lanes = self.lanes()
        age = 0.0 if self._oldest is None else max(0.0, clock.now().timestamp() - self._oldest)
        return {
            "entries": sum(lane.entries for lane in lanes),
            "bytes": sum(lane.bytes for lane in lanes),
            "limit_bytes": self._limit_bytes,
            "oldest_seconds": round(age, 1),
            "refused": self.aside.refused,
            "full": self.full,
        }

    def close(self) -> None:
        """Whatever waits is left to the next process."""
        if self._journal is not None and not self._journal.close():
            log.warning("pictures that have no row yet wait in %s", self.root)
        for folder in (*self._taken, *([self._own] if self._own else [])):
            folder.close()
        self._own, self._taken = None, []

    def _held(self) -> set[str]:
        return {folder.path.name for folder in (self._own, *self._taken) if folder}

    def _folder(self) -> SpoolFolder:
        with self._lock:
            self._own = self._own or create(self.root)
            return self._own
