"""A disk that is soon full: a small tmpfs where the test may mount one, else a limit on the size of files."""

import os
import resource
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def small_disk(at: Path, size: int = 1024 * 1024) -> Iterator[Path]:
    """`at` holds `size` bytes; skips nobody. Without root: no file may be larger than a tenth of it."""
    at.mkdir(parents=True, exist_ok=True)
    if _mount(at, size):
        try:
            yield at
        finally:
            subprocess.run(["umount", "-l", at], check=True)
        return
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size // 10, before[1]))
    try:
        yield at
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def _mount(at: Path, size: int) -> bool:
    if os.geteuid() != 0:
        return False
    options = f"size={size},mode=700"
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", at], capture_output=True)
    return done.returncode == 0
