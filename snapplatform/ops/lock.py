"""One `run` for each data directory: a lock that the kernel takes back when its holder dies."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from snapplatform.envreader import make_private


class AlreadyRunning(Exception):
    """Another process holds the lock; `pid` is 0 when it can't be told."""

    def __init__(self, data_dir: Path, pid: int) -> None:
        who = f"process {pid}" if pid else "another process"
        super().__init__(
            f"`manage.py run` already works on {data_dir} as {who}. "
            "Stop it first, or give this one a folder of its own with SNAP_DATA_DIR."
        )
        self.pid = pid


@contextmanager
def run_lock(data_dir: Path) -> Iterator[None]:
    """Hold the data directory for one supervisor. Raises AlreadyRunning."""
    make_private(data_dir)
    with open(data_dir / "run.lock", "a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyRunning(data_dir, _pid_in(file.name)) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
        file.truncate(0)


def running_pid(data_dir: Path) -> int:
    """The process id of the `run` that works on this data directory; 0 when none does."""
    try:
        with open(data_dir / "run.lock") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return 0
    except BlockingIOError:
        return _pid_in(str(data_dir / "run.lock"))
    return 0


@contextmanager
def wait_lock(path: Path) -> Iterator[None]:
    """Let one process at a time into the block; the others wait."""
    make_private(path.parent)
    with open(path, "a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _pid_in(path: str) -> int:
    text = Path(path).read_text().strip()
    return int(text) if text.isdigit() else 0
