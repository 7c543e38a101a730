"""What really lies in a bucket's folder, shard by shard: it only looks, follows no link, believes no name."""

import hashlib
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

from snapplatform.errors import BlobNotFound, StorageUnavailable
from snapplatform.storage import folders
from snapplatform.storage.store import DAY, NAME, SHARD, TEMPORARY, parts

# No write takes this long, so a temporary file as old as this belongs to a process that died.
DEAD_AFTER = timedelta(hours=1)
_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Seen:
    """A regular file: its size in bytes, and when it was changed (seconds since 1970, the disk's clock)."""

    size: int
    changed: float


@dataclass(slots=True)
class Shard:
    """The files of one shard by their names; `problem`: why it could not be read, or ""."""

    blobs: dict[str, Seen] = field(default_factory=dict)
    temporary: dict[str, Seen] = field(default_factory=dict)
    problem: str = ""


class Throttle:
    """Keeps reading below a rate (bytes a second), so that a check leaves the disk to the captures."""

    def __init__(self, rate: float | None, sleep: Callable[[float], None] = time.sleep) -> None:
        self._rate = rate
        self._sleep = sleep

    def took(self, count: int) -> None:
        if self._rate:
            self._sleep(count / self._rate)


class Survey:
    """Looks through one bucket's folder, which it holds open: a disk that is unmounted meanwhile can't pass
    for an empty folder. `foreign` is told every name that the store never gave.

    Raises StorageUnavailable when the folder isn't there or can't be read.
    """

    def __init__(self, root: Path, foreign: Callable[[str], None] = lambda name: None) -> None:
        self._root = root
        self._foreign = foreign
        try:
            with folders.explained():
                self._fd = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
        except StorageUnavailable as error:
            if isinstance(error.__cause__, FileNotFoundError):
                raise StorageUnavailable("the bucket's folder is not there; is its disk mounted?") from error
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        os.close(self._fd)

    def check_mounted(self) -> None:
        """Raise StorageUnavailable when the folder's path leads to another folder than at the start."""
        with folders.explained():
            now, held = os.stat(self._root), os.fstat(self._fd)
        if (now.st_dev, now.st_ino) != (held.st_dev, held.st_ino):
            raise StorageUnavailable("the bucket's folder became another one; was its disk (un)mounted?")

    def shards(self, *, since: datetime | None = None, until: datetime) -> Iterator[str]:
        """The shards of [since, until), oldest first. Their names sort as their times do."""
        first, end = f"{since:%Y%m%d/%H%M}" if since else "", f"{until:%Y%m%d/%H%M}"
        for day in self._folders(".", ""):
            if first[:8] <= day <= end[:8]:
                for shard in self._folders(day, f"{day}/"):
                    if first <= shard < end:
                        yield shard

    def read(self, shard: str) -> Shard:
        """All files of a shard. One that vanished is empty, one that can't be read says why."""
        found = Shard()
        try:
            with folders.explained(), closing(folders.Folder(self._fd, shard)) as folder:
                for entry in folder.entries():
                    self._sort_in(found, shard, entry)
        except StorageUnavailable as error:
            if not isinstance(error.__cause__, FileNotFoundError):
                found.problem = error.reason
        return found

    def look(self, blob: str) -> Seen | None:
        """The file of a blob, or None where nothing is. Raises StorageUnavailable when something else stands
        there, or nobody can tell."""
        try:
            shard, name = parts(blob)
            with folders.explained(), closing(folders.Folder(self._fd, shard)) as folder:
                return _seen(folder.stat(name))
        except BlobNotFound:
            return None
        except StorageUnavailable as error:
            if isinstance(error.__cause__, FileNotFoundError):
                return None
            raise

    def digest(self, blob: str, throttle: Throttle) -> str:
        """SHA-256 of a blob's bytes, read in chunks. Raises BlobNotFound, StorageUnavailable."""
        shard, name = parts(blob)
        hasher = hashlib.sha256()
        with folders.explained():
            try:
                with closing(folders.Folder(self._fd, shard)) as folder, folder.open(name) as file:
                    while chunk := file.read(_CHUNK):
                        hasher.update(chunk)
                        throttle.took(len(chunk))
            except FileNotFoundError:
                raise BlobNotFound(id=blob) from None
        return hasher.hexdigest()

    def remove_temporary(self, path: str, older_than: datetime) -> bool:
        """Delete a temporary file unless it was written to since; returns whether it did."""
        shard, _, name = path.rpartition("/")
        if not (SHARD.fullmatch(shard) and _is_temporary(name)):
            return False
        try:
            with folders.explained(), closing(folders.Folder(self._fd, shard)) as folder:
                if _seen(folder.stat(name)).changed >= older_than.timestamp():
                    return False
                folder.unlink(name)
        except StorageUnavailable as error:
            if isinstance(error.__cause__, FileNotFoundError):
                return False
            raise
        return True

    def _folders(self, path: str, prefix: str) -> list[str]:
        """The days of the root, or the minutes of a day, sorted; what is none of them is foreign."""
        shape, found = SHARD if prefix else DAY, list[str]()
        try:
            with folders.explained(), closing(folders.Folder(self._fd, path)) as folder:
                for entry in folder.entries():
                    name = prefix + entry.name
                    if shape.fullmatch(name) and entry.is_dir(follow_symlinks=False):
                        found.append(name)
                    else:
                        self._foreign(name)
        except StorageUnavailable as error:
            if not prefix or not isinstance(error.__cause__, FileNotFoundError):
                raise  # else the day's last shard was tidied away in this moment
        return sorted(found)

    def _sort_in(self, found: Shard, shard: str, entry: os.DirEntry[str]) -> None:
        ours = NAME.fullmatch(entry.name) is not None
        if (ours or _is_temporary(entry.name)) and entry.is_file(follow_symlinks=False):
            try:
                seen = _seen(entry.stat(follow_symlinks=False))
            except FileNotFoundError:
                return  # deleted or renamed in this moment
            (found.blobs if ours else found.temporary)[entry.name] = seen
        else:
            self._foreign(f"{shard}/{entry.name}")


def _seen(facts: os.stat_result) -> Seen:
    if not stat.S_ISREG(facts.st_mode):
        raise StorageUnavailable("something that is no file stands in its place", temporary=False)
    return Seen(facts.st_size, facts.st_mtime)


def _is_temporary(name: str) -> bool:
    return name.endswith(TEMPORARY) and NAME.fullmatch(name.removesuffix(TEMPORARY)) is not None
