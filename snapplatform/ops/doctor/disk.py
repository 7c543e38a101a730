"""Doctor on the data directory: can be written, is safe to write, is private, and has room."""

import os
import shlex
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from snapplatform.envreader import make_private
from snapplatform.ops.doctor.findings import Finding, bad, good

# Below this a busy site fills the disk before anybody looks.
MIN_FREE_BYTES = 1024**3
# Journalling file systems of network disks; SQLite's locks are not to be trusted there.
NETWORK_TYPES = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "fuse.glusterfs", "9p", "ceph", "afs")


def findings() -> Iterator[Finding]:
    folder: Path = settings.SNAP.data_dir
    try:
        make_private(folder)
        milliseconds = _write_safely(folder)
    except OSError as error:
        yield bad(
            "data directory",
            f"{folder}: {error.strerror}",
            "Give the user of this process write access to it, or choose another with SNAP_DATA_DIR.",
        )
        return
    yield good("data directory", f"{folder} can be written, a safe write takes {milliseconds:.1f} ms")
    if (mode := stat.S_IMODE(folder.stat().st_mode)) & 0o077:
        yield bad(
            "privacy",
            f"other users of this machine may get into {folder} (mode {mode:o}), to its database and secrets",
            f"chmod 700 {shlex.quote(str(folder))}",
        )
    else:
        yield good("privacy", f"{folder} is its owner's alone")
    free = shutil.disk_usage(folder).free
    text = f"{free / 1024**3:.1f} GiB free"
    if free < MIN_FREE_BYTES:
        yield bad("disk space", text, "Make room, or shorten SNAP_RETENTION_DAYS.")
    else:
        yield good("disk space", text)


def network_type(path: Path) -> str:
    """The type of the network file system that `path` is on; empty for a local or unknown one."""
    try:
        mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    except OSError:
        return ""
    around = [(point, kind) for point, kind in mounts if path.is_relative_to(point.replace("\\040", " "))]
    kind = max(around, key=lambda mount: len(mount[0]))[1] if around else ""
    return kind if kind in NETWORK_TYPES else ""


def _write_safely(folder: Path) -> float:
    """Write, fsync and rename as the store does; milliseconds. Raises OSError where the disk can't."""
    started = time.monotonic()
    handle, name = tempfile.mkstemp(prefix=".doctor-", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(b"snapplatform" * 100)
            file.flush()
            os.fsync(file.fileno())
        directory = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    finally:
        os.unlink(name)
    return (time.monotonic() - started) * 1000
