"""What a process has stored and not registered yet, in a file that outlives it.

A line is written when a picture's bytes are in its bucket, so that whoever finds a dead process's journal
registers what that one could not. No fsync: the kernel has the line when write() returns, whatever happens to
the process. sync() is for outages, in which the machine may be next.
"""

import errno
import json
import logging
import os
import threading
from collections import deque
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from snapplatform.storage import folders

log = logging.getLogger("snapplatform.storage")

# About three hundred pictures; then the file begins anew with those that still wait.
_BYTES = 256 * 1024


class Journal:
    """Safe to use from many threads of the one process that holds it. Blocking; raises StorageUnavailable."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._fd: int | None = None
        self._size = 0
        self._limit = _BYTES
        self._number = 0
        self._open: dict[int, bytes] = {}  # lines of what waits
        self._settled = deque[int]()  # told to the file with the next line: forgetting one is harmless
        self._synced = True

    def append(self, item: dict[str, Any]) -> int:
        """Note it; returns the number by which it is settled."""
        with self._lock, folders.explained():
            self._number += 1
            settled = self._forget_settled()
            line = _line({"number": self._number, "item": item})
            if self._fd is None or self._size > self._limit:
                self._begin()
            self._write(settled + line)
            self._open[self._number] = line
            return self._number

    def settle(self, number: int) -> None:
        """It is registered, or refused. Never waits."""
        self._settled.append(number)

    def sync(self) -> None:
        """What waits outlives the machine too."""
        with self._lock, folders.explained():
            if self._fd is not None and not self._synced:
                os.fsync(self._fd)
                with closing(folders.Folder(self._path.parent, ".")) as folder:
                    folder.sync()
                self._synced = True

    def close(self) -> bool:
        """The process ends. False: something is left, and so is the file."""
        with self._lock, suppress(OSError):
            settled = self._forget_settled()
            if not self._open:
                self._path.unlink(missing_ok=True)
            elif self._fd is not None:
                self._write(settled)
            if self._fd is not None:
                os.close(self._fd)
                self._fd = None
        return not self._open

    def _forget_settled(self) -> bytes:
        """The line that says so."""
        numbers = []
        while self._settled:
            numbers.append(self._settled.popleft())
            self._open.pop(numbers[-1], None)
        return _line({"settled": numbers}) if numbers else b""

    def _begin(self) -> None:
        """A new file in the place of the old one."""
        fresh = self._path.with_suffix(".new")
        fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, folders.FILE_MODE)
        old, self._fd = self._fd, fd
        self._size = 0
        try:
            self._write(b"".join(self._open.values()))
            os.replace(fresh, self._path)
            self._limit = _BYTES + 2 * self._size
        except OSError:
            self._fd = old
            os.close(fd)
            fresh.unlink(missing_ok=True)
            raise
        if old is not None:
            os.close(old)

    def _write(self, lines: bytes) -> None:
        assert self._fd is not None
        self._synced = False
        written = os.write(self._fd, lines)
        self._size += written
        if written < len(lines):
            raise OSError(errno.ENOSPC, "a line was cut off")


def read(path: Path) -> list[dict[str, Any]]:
    """What a dead process left unsettled, in order. Lines that can't be read are logged and left out."""
    with folders.explained():
        try:
            lines = path.read_bytes().splitlines()
        except FileNotFoundError:
            return []
    found: dict[int, dict[str, Any]] = {}
    for line in filter(None, lines):
        try:
            record = json.loads(line)
            for number in record.get("settled", ()):
                found.pop(number, None)
            if "item" in record:
                found[int(record["number"])] = record["item"]
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            log.error("a line of %s can't be read and is left out: %.80r", path, line)
    return list(found.values())


def _line(record: dict[str, Any]) -> bytes:
    """The line feed comes first: what follows a line that was cut off stands for itself."""
    return b"\n" + json.dumps(record, separators=(",", ":")).encode()
