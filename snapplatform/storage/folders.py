"""One folder of a store, held open: the steps of an atomic write, and their failures in words."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from snapplatform.errors import StorageUnavailable

FOLDER_MODE = 0o750  # the umask may take more away
FILE_MODE = 0o640

# errno: what a person should read, and whether waiting may help.
_REASONS = {
    errno.ENOSPC: ("the bucket's disk is full; free some space", True),
    errno.EDQUOT: ("the bucket's disk quota is used up; raise it or free some space", True),
    errno.EMFILE: ("too many open files; raise the limit (ulimit -n)", True),
    errno.EIO: ("the bucket's disk reports an error; look at the kernel's log", True),
    errno.EACCES: ("the bucket's folder may not be used; give its owner the right to write there", False),
    errno.EPERM: ("the bucket's folder may not be used; give its owner the right to write there", False),
    errno.EROFS: ("the bucket's disk is mounted read-only", False),
    errno.EFBIG: ("the file is larger than this disk or process may write", False),
    errno.ENOTDIR: ("the bucket's folder is not a folder", False),
    errno.ELOOP: ("a symbolic link stands inside the bucket's folder", False),
}


@contextmanager
def explained() -> Iterator[None]:
    """Turn any OSError into StorageUnavailable; the cause keeps the path, which callers must not see."""
    try:
        yield
    except OSError as error:
        reason, temporary = _REASONS.get(error.errno or 0, (error.strerror or "input/output failed", True))
        raise StorageUnavailable(reason, temporary) from error


class Folder:
    """`path` below `root`, opened step by step: the root itself may be a link, nothing below it may."""

    def __init__(self, root: Path | int, path: str) -> None:
        """`root`: the folder's path, or a descriptor of it, which stays the caller's."""
        fd = os.dup(root) if isinstance(root, int) else os.open(root, os.O_RDONLY | os.O_DIRECTORY)
        for part in path.split("/"):
            try:
                inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=fd)
            finally:
                os.close(fd)
            fd = inner
        self._fd = fd

    def close(self) -> None:
        os.close(self._fd)

    def write(self, name: str, data: bytes) -> None:
        """A new file, on disk when this returns; what failed half-way stays for the caller to remove."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        fd = os.open(name, flags, FILE_MODE, dir_fd=self._fd)
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(fd, rest) :]
            os.fsync(fd)
        finally:
            os.close(fd)

    def open(self, name: str) -> BinaryIO:
        """A regular file for reading; NONBLOCK, so that a pipe somebody put there can't hold us."""
        fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=self._fd)
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            os.close(fd)
            raise FileNotFoundError(errno.ENOENT, "not a regular file", name)
        return os.fdopen(fd, "rb")

    def entries(self) -> Iterator[os.DirEntry[str]]:
        """What stands in the folder, in no order."""
        with os.scandir(self._fd) as found:
            yield from found

    def stat(self, name: str) -> os.stat_result:
        """Of the name itself, never of what a link points to."""
        return os.stat(name, dir_fd=self._fd, follow_symlinks=False)

    def rename(self, name: str, new: str) -> None:
        os.replace(name, new, src_dir_fd=self._fd, dst_dir_fd=self._fd)

    def unlink(self, name: str) -> None:
        os.unlink(name, dir_fd=self._fd)

    def sync(self) -> None:
        os.fsync(self._fd)


def names_of_folders(path: Path) -> list[str]:
    """Sorted names of the folders in a folder; links to folders are none. Empty when it is gone."""
    try:
        with os.scandir(path) as found:
            return sorted(entry.name for entry in found if entry.is_dir(follow_symlinks=False))
    except FileNotFoundError:
        return []


def make(root: Path, path: str, *, make_root: bool) -> None:
    """Make root/path safe on disk. The parents are synced even when another process made the folders: it may
    not have come that far yet. Raises FileNotFoundError when the root is missing and must not be made."""
    missing = [folder for folder in (root, *root.parents) if not folder.is_dir()] if make_root else []
    for folder in reversed(missing):
        folder.mkdir(FOLDER_MODE, exist_ok=True)
        _sync(folder.parent)
    folder = root
    for part in path.split("/"):
        (folder / part).mkdir(FOLDER_MODE, exist_ok=True)
        _sync(folder)
        folder = folder / part


def _sync(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
