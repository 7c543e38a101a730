"""The atomic local store: whole files under names never used before, safe on disk when write() returns.

    temporary file in the shard folder -> write -> fsync -> guard -> rename -> fsync of the folder

A crash at any point leaves nothing under a final name but a whole file. The ledger row comes after write().
"""

import hashlib
import re
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from snapplatform import clock
from snapplatform.errors import BlobNotFound, Fenced, StorageUnavailable
from snapplatform.storage import folders

TEMPORARY = ".part"
NAME = re.compile(r"[0-9a-f]{32}\.[a-z0-9]{1,8}")
DAY = re.compile(r"[0-9]{8}")
SHARD = re.compile(r"[0-9]{8}/[0-9]{4}")
# A writer that is about to open a file in its shard needs the folder; older ones are nobody's any more.
_SHARD_IN_USE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Blob:
    """What was written: `blob` is the file's path relative to the store's root, `size` in bytes."""

    blob: str
    size: int
    sha256: str


class LocalStore:
    """Blobs below one folder, sharded by the minute (UTC) they were written: `20261120/0937/<uuid><suffix>`.

    Safe to use from many threads and processes. Every failing call raises StorageUnavailable.
    `make_root`: False where a missing folder means that a disk is not mounted.
    """

    def __init__(self, root: Path, *, make_root: bool = True) -> None:
        self.root = root
        self._make_root = make_root
        self._made = ""  # the newest shard this process knows to be safe on disk

    def write(self, data: bytes, suffix: str, *, guard: Callable[[], bool] | None = None) -> Blob:
        """Store one blob. When `guard` says no once the bytes are on disk, nothing is stored: Fenced."""
        return self.write_many([(data, suffix)], guard=guard)[0]

    def write_many(
        self, items: Sequence[tuple[bytes, str]], *, guard: Callable[[], bool] | None = None
    ) -> list[Blob]:
        """Store several blobs, all or none of them, for one fsync of their folder instead of one each."""
        names = [uuid.uuid4().hex + suffix for _, suffix in items]
        if bad := [name for name in names if not NAME.fullmatch(name)]:
            raise ValueError(f"suffix {bad[0][32:]!r}: a dot, then 1 to 8 lower-case letters or digits")
        with folders.explained():
            shard = self._write_all(names, [data for data, _ in items], guard)
        return [
            Blob(f"{shard}/{name}", len(data), hashlib.sha256(data).hexdigest())
            for name, (data, _) in zip(names, items, strict=True)
        ]

    def open(self, blob: str) -> BinaryIO:
        """The blob for reading. Raises BlobNotFound. It stays readable when it is deleted meanwhile."""
        shard, name = parts(blob)
        with folders.explained():
            try:
                with closing(folders.Folder(self.root, shard)) as folder:
                    return folder.open(name)
            except FileNotFoundError:
                raise BlobNotFound(id=blob) from None

    def unlink(self, blob: str) -> None:
        """Delete the blob; one that isn't there (any more) is fine."""
        with folders.explained(), suppress(FileNotFoundError, BlobNotFound):
            shard, name = parts(blob)
            with closing(folders.Folder(self.root, shard)) as folder:
                folder.unlink(name)

    def tidy(self) -> int:
        """Remove empty shard folders that no writer uses any more; returns how many."""
        removed = 0
        with folders.explained():
            for shard in self._shards(until=clock.now() - _SHARD_IN_USE):
                with suppress(OSError):  # not empty, or another worker was faster
                    (self.root / shard).rmdir()
                    removed += 1
                    (self.root / shard).parent.rmdir()
        return removed

    def sweep_temp(self, older_than: timedelta, *, since: datetime | None = None) -> int:
        """Remove temporary files that a crash left in the shards from `since` on; returns how many."""
        until, removed = clock.now() - older_than, 0
        with folders.explained():
            for shard in self._shards(since=since, until=until):
                with suppress(FileNotFoundError), closing(folders.Folder(self.root, shard)) as folder:
                    for name in [entry.name for entry in folder.entries() if entry.name.endswith(TEMPORARY)]:
                        if folder.stat(name).st_mtime < until.timestamp():
                            folder.unlink(name)
                            removed += 1
        return removed

    def _write_all(self, names: list[str], contents: list[bytes], guard: Callable[[], bool] | None) -> str:
        """Returns the shard. tidy() of another process may remove a folder until a file stands in it, so a
        vanished one is made again."""
        for _ in range(10):
            shard = f"{clock.now():%Y%m%d/%H%M}"
            with suppress(FileNotFoundError):
                if shard != self._made:
                    folders.make(self.root, shard, make_root=self._make_root)
                    self._made = shard
                with closing(folders.Folder(self.root, shard)) as folder:
                    _publish(folder, names, contents, guard)
                return shard
            self._made = ""
        raise StorageUnavailable("the bucket's folder is not there; is its disk mounted?")

    def _shards(self, *, since: datetime | None = None, until: datetime) -> Iterator[str]:
        """The shards of [since, until), oldest first. Their names sort as their times do."""
        first, end = f"{since:%Y%m%d/%H%M}" if since else "", f"{until:%Y%m%d/%H%M}"
        for day in folders.names_of_folders(self.root) if self.root.is_dir() else []:
            if first[:8] <= day <= end:
                for minute in folders.names_of_folders(self.root / day):
                    shard = f"{day}/{minute}"
                    if first <= shard < end and SHARD.fullmatch(shard):
                        yield shard


def parts(blob: str) -> tuple[str, str]:
    """Shard and name. What write() never returned can't exist, so no path that leads elsewhere is tried."""
    shard, _, name = blob.rpartition("/")
    if not (SHARD.fullmatch(shard) and NAME.fullmatch(name)):
        raise BlobNotFound(id=blob)
    return shard, name


def _publish(
    folder: folders.Folder, names: list[str], contents: list[bytes], guard: Callable[[], bool] | None
) -> None:
    try:
        for name, data in zip(names, contents, strict=True):
            folder.write(name + TEMPORARY, data)
        if guard is not None and not guard():
            raise Fenced
        for name in names:
            folder.rename(name + TEMPORARY, name)
        folder.sync()
    except BaseException:
        # Also after a failed fsync of the folder: whether the names survive a crash is unknown then, and
        # asking again would only hide the error (the kernel reports it once).
        for name in names:
            with suppress(OSError):
                folder.unlink(name + TEMPORARY)
            with suppress(OSError):
                folder.unlink(name)
        raise
