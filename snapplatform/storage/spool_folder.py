"""The spool's folder of one process: locked while it lives, so that others take over what it left behind.

    <16 hexadecimal digits>/lock, journal, <id of a bucket>/...

Making, taking over and removing folders happens under one more lock, of the whole spool, held for moments.
"""

import fcntl
import logging
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import UUID

from snapplatform import clock
from snapplatform.errors import StorageUnavailable
from snapplatform.ids import NOBODY, parse_id
from snapplatform.storage import folders
from snapplatform.storage.spool_lane import Lane

log = logging.getLogger("snapplatform.storage")

LOCK = "lock"
JOURNAL = "journal"
TAKEN = "taken"  # over, from a process that died
ASIDE = "aside"
_PATIENCE = 5.0


class SpoolFolder:
    """Made by create() or take_over(), which hold its lock."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self.lanes: dict[UUID, Lane] = {}
        self._lock = lock

    @property
    def journal(self) -> Path:
        return self.path / JOURNAL

    def lane(self, bucket_id: UUID) -> Lane:
        """The lane of a bucket, made at need. Its folder comes with its first entry."""
        return self.lanes.setdefault(bucket_id, Lane(self.path / str(bucket_id), bucket_id))

    def load(self) -> bool:
        """Find the lanes that a dead process left. False: the disk refuses, and somebody may try later."""
        try:
            with folders.explained():
                for path in self.path.iterdir():
                    if path.is_dir() and (bucket_id := parse_id(path.name)) != NOBODY:
                        self.lane(bucket_id).load()
        except StorageUnavailable as error:
            log.error("what a process left in %s can't be read: %s", self.path, error)
            os.close(self._lock)
            return False
        return True

    def close(self) -> None:
        """Let go of it. It is removed when nothing waits in it; else somebody takes it over."""
        root = self.path.parent
        with suppress(OSError, StorageUnavailable), _alone(root):
            if not self.journal.exists():
                for lane in self.lanes.values():
                    if lane.folder.exists():
                        lane.clear()
                (self.path / TAKEN).unlink(missing_ok=True)
                (self.path / LOCK).unlink()
                self.path.rmdir()
        os.close(self._lock)


def create(root: Path) -> SpoolFolder:
    """A new folder in the spool at `root`. Raises StorageUnavailable."""
    with folders.explained():
        root.mkdir(folders.FOLDER_MODE, parents=True, exist_ok=True)
        with _alone(root):
            name = uuid.uuid4().hex[:16]
            folders.make(root, name, make_root=False)
            lock = _lock(root / name / LOCK)
        if lock is None:
            raise StorageUnavailable("the spool's new folder is locked already")
        return SpoolFolder(root / name, lock)


def take_over(root: Path, but: set[str]) -> list[SpoolFolder]:
    """The folders of processes that died, now ours. `but`: those that we hold. Raises StorageUnavailable."""
    found: list[SpoolFolder] = []
    with folders.explained():
        names = {path.name for path in root.iterdir() if path.is_dir()} if root.is_dir() else set()
        if not (names := names - but - {ASIDE}):
            return found
        with _alone(root):
            for name in sorted(names):
                with suppress(FileNotFoundError):
                    if (lock := _lock(root / name / LOCK)) is not None:
                        found.append(SpoolFolder(root / name, lock))
                        (root / name / TAKEN).touch()
    return [folder for folder in found if folder.load()]


def others_return(root: Path, but: set[str]) -> bool:
    """Whether another process has yet to register what it took over."""
    return any(path.parent.name not in but for path in root.glob(f"*/{TAKEN}"))


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Nobody else makes, takes over or removes folders meanwhile."""
    until = clock.monotonic() + _PATIENCE
    while (lock := _lock(root / LOCK)) is None:
        if clock.monotonic() > until:
            raise StorageUnavailable("another process holds the spool's lock; does it hang?")
        time.sleep(0.02)
    try:
        yield
    finally:
        os.close(lock)


def _lock(path: Path) -> int | None:
    """A descriptor that holds the lock until it is closed, or its process dies; None: another has it."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT, folders.FILE_MODE)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        return None
    except BaseException:
        os.close(fd)
        raise
    return fd
