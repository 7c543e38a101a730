"""One lane of the spool: pictures that wait for one bucket, in the order they came.

000012/000012345.jpg     the picture: temporary file, fsync, rename, fsync of the folder
000012/000012345.json    then its sidecar, in the same way; only with it the picture counts as spooled
"""

import hashlib
import json
import re
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from snapplatform import clock
from snapplatform.storage import folders
from snapplatform.storage.store import TEMPORARY

SIDECAR = ".json"
_NUMBER = re.compile(r"([0-9]{9,})\.json")
_PICTURE = re.compile(r"[0-9]{9,}\.[a-z0-9]{1,8}")
_SHARD = 1000


class Damaged(Exception):
    """An entry that can't be used; `str()` says why."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What waits: the picture's bytes, checked against the sidecar, and `item` as it was given."""

    data: bytes
    suffix: str
    item: object


class Lane:
    """Entries have rising numbers, from `first` to below `next`; some may be missing. Blocking, thread-safe;
    calls raise StorageUnavailable when the spool's disk refuses."""

    def __init__(self, folder: Path, bucket_id: UUID) -> None:
        self.folder = folder
        self.bucket_id = bucket_id
        self.entries = 0
        self.bytes = 0
        self.jobs = Counter[UUID]()  # of entries added here: whose pictures wait
        self._first = self._next = 0
        self._writing: set[int] = set()
        self._made = ""
        self._lock = threading.Lock()

    def add(self, job_id: UUID, data: bytes, suffix: str, describe: Callable[[], dict[str, Any]]) -> None:
        """Both files are on disk when this returns, or neither. `describe` is asked when the picture is."""
        with self._lock:
            number, self._next = self._next, self._next + 1
            self._writing.add(number)
        try:
            with folders.explained():
                size = self._write(number, data, suffix, describe)
            with self._lock:
                self.entries += 1
                self.bytes += size
                self.jobs[job_id] += 1
        finally:
            with self._lock:
                self._writing.discard(number)

    def waiting(self, limit: int) -> list[int]:
        """The numbers of the oldest entries, in order; none that comes after one being written."""
        with self._lock, folders.explained():
            end = min(self._writing, default=self._next)
            while self._first < end and not self._path(self._first, SIDECAR).exists():
                self._first += 1
            found = []
            for number in range(self._first, end):
                if self._path(number, SIDECAR).exists():
                    found.append(number)
                if len(found) == limit:
                    break
            if not found and not self._writing:  # whatever somebody took away from here
                self.entries = self.bytes = 0
                self.jobs.clear()
            return found

    def get(self, number: int) -> Entry:
        """Raises Damaged."""
        sidecar = self._path(number, SIDECAR)
        with folders.explained():
            try:
                document = json.loads(sidecar.read_bytes())
                name, size, sha256 = (document[key] for key in ("file", "size", "sha256"))
                if not (isinstance(name, str) and _PICTURE.fullmatch(name)):
                    raise ValueError
                data = (sidecar.parent / name).read_bytes()
            except FileNotFoundError:
                raise Damaged("its picture is missing") from None
            except (ValueError, TypeError, KeyError, RecursionError):
                raise Damaged("its sidecar can't be read") from None
        if len(data) != size or hashlib.sha256(data).hexdigest() != sha256:
            raise Damaged("its picture has other bytes than its sidecar says")
        return Entry(data, Path(name).suffix, document.get("item"))

    def remove(
        self, number: int, job_id: UUID | None, *, suffix: str = "", aside: Path | None = None
    ) -> None:
        """It is registered; or it goes to the folder `aside`. The sidecar goes first: without it the picture
        is nobody's. `suffix`: of the picture, where it is known."""
        shard = self.folder / _shard(number)
        with folders.explained():
            names = [self._path(number, end) for end in (SIDECAR, suffix)] if suffix else []
            files = names or sorted(shard.glob(f"{number:09d}.*"), key=_sidecar_first)
            size = sum(file.lstat().st_size for file in files)
            for file in files:
                if aside is None:
                    file.unlink()
                else:
                    file.rename(aside / f"{self.folder.parent.name}-{self.bucket_id.hex[-8:]}-{file.name}")
            self._forget(size, job_id)
            if number % _SHARD == _SHARD - 1:
                with suppress(OSError):
                    shard.rmdir()

    def oldest(self) -> float | None:
        """Seconds since 1970 when the oldest entry was written."""
        for number in self.waiting(1):
            with suppress(OSError):
                return min(self._path(number, SIDECAR).stat().st_mtime, clock.now().timestamp())
        return None

    def load(self) -> None:
        """Take stock of what a dead process left. What has no sidecar was never accepted, and goes."""
        with folders.explained():
            for shard in sorted(path for path in self.folder.iterdir() if path.is_dir()):
                names = {file.name for file in shard.iterdir()}
                kept = {match[1] for name in names if (match := _NUMBER.fullmatch(name))}
                for name in names:
                    if name.partition(".")[0] in kept and not name.endswith(TEMPORARY):
                        self.bytes += (shard / name).lstat().st_size
                    else:
                        with suppress(OSError):
                            (shard / name).unlink()
                self.entries += len(kept)
                self._next = max([self._next, *(int(number) + 1 for number in kept)])

    def clear(self) -> None:
        """Remove the folders, which are empty. Raises OSError when they are not."""
        for shard in self.folder.iterdir():
            shard.rmdir()
        self.folder.rmdir()

    def _forget(self, size: int, job_id: UUID | None) -> None:
        with self._lock:
            self.entries -= 1
            self.bytes -= size
            if job_id is not None:
                self.jobs[job_id] -= 1
            if self.entries == 0:
                self.jobs.clear()

    def _write(self, number: int, data: bytes, suffix: str, describe: Callable[[], dict[str, Any]]) -> int:
        shard, picture = _shard(number), f"{number:09d}{suffix}"
        if shard != self._made:
            folders.make(self.folder, shard, make_root=True)
            self._made = shard
        with closing(folders.Folder(self.folder, shard)) as folder:
            try:
                _put(folder, picture, data)
                facts = {"file": picture, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
                sidecar = json.dumps({**facts, "item": describe()}).encode()
                _put(folder, f"{number:09d}{SIDECAR}", sidecar)
            except BaseException:
                for name in (f"{number:09d}{SIDECAR}", picture):
                    for end in (TEMPORARY, ""):
                        with suppress(OSError):
                            folder.unlink(name + end)
                raise
        return len(data) + len(sidecar)

    def _path(self, number: int, suffix: str) -> Path:
        return self.folder / _shard(number) / f"{number:09d}{suffix}"


def _put(folder: folders.Folder, name: str, content: bytes) -> None:
    folder.write(name + TEMPORARY, content)
    folder.rename(name + TEMPORARY, name)
    folder.sync()


def _shard(number: int) -> str:
    return f"{number // _SHARD:06d}"


def _sidecar_first(file: Path) -> bool:
    return not file.name.endswith(SIDECAR)
