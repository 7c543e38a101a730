"""A small disk that can be filled and emptied: a tmpfs where we may mount one, else a limit on file sizes."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import subprocess
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

SIZE = "16m"
_STEP = 64 * 1024


class Disk(Protocol):
    """`fill(left, pids)` leaves that many bytes for these processes, free() gives all back."""

    def fill(self, left: int, pids: Iterable[int]) -> None: ...

    def free(self) -> None: ...


class SmallDisk:
    """16 MiB in memory, mounted on a folder; what lay there before lies there after. RuntimeError when this
    machine lets us mount nothing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        kept = folder.with_name(f"{folder.name}.kept")
        folder.mkdir(exist_ok=True)
        folder.rename(kept)
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
        if subprocess.run(command, check=False, capture_output=True).returncode:
            folder.rmdir()
            kept.rename(folder)
            raise RuntimeError("mounting a small disk needs root")
        shutil.copytree(kept, folder, dirs_exist_ok=True)
        shutil.rmtree(kept)
        self._ballast = folder / "ballast"

    def fill(self, left: int, pids: Iterable[int]) -> None:
        """Also for whoever writes meanwhile: it ends when the disk takes no more."""
        size = 0
        fd = os.open(self._ballast, os.O_WRONLY | os.O_CREAT)
        try:
            for step in (_STEP, 4096, 512):
                with suppress(OSError):
                    while True:
                        size += os.write(fd, bytes(step))
            os.ftruncate(fd, max(0, size - left))
        finally:
            os.close(fd)

    def free(self) -> None:
        self._ballast.unlink(missing_ok=True)

    def unmount(self) -> None:
        """When nobody uses it any more."""
        subprocess.run(["umount", "--lazy", str(self.folder)], check=False)


class FileSizeLimit:
    """The node's files may not pass `left` bytes: EFBIG, as root need not be there to show it."""

    def __init__(self) -> None:
        self._limited: list[int] = []

    def fill(self, left: int, pids: Iterable[int]) -> None:
        for pid in pids:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (left, resource.RLIM_INFINITY))
            self._limited.append(pid)

    def free(self) -> None:
        for pid in self._limited:
            try:
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            except OSError as error:
                if error.errno != errno.ESRCH:
                    raise
        self._limited.clear()
