"""A PostgreSQL server of our own in a temporary folder, which may be shot and started again."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg

from bench.faults.children import Children

START_SECONDS = 30.0
# Nobody's data: without fsync a start takes a tenth of the time. A crash of the *machine* is not tried here.
_OPTIONS = ("-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200")


class Server:
    """`with Server(folder, children) as server:` gives server.url. RuntimeError without its programs."""

    def __init__(self, folder: Path, children: Children) -> None:
        self._folder = folder
        self._data = folder / "data"
        self._children = children
        self._bin = programs()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = int(probe.getsockname()[1])
        self.url = f"postgresql://postgres@127.0.0.1:{self._port}/postgres"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._folder.mkdir()
        for parent in (self._folder, *self._folder.parents[:1]):
            parent.chmod(0o755)
        if os.getuid() == 0:  # the server refuses to run as root
            shutil.chown(self._folder, "postgres")
        command = [str(self._bin / "initdb"), "-D", str(self._data), "-U", "postgres", "--auth=trust"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=self._folder, **_as_postgres())
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop_immediately()

    def start(self) -> None:
        """Returns when it takes connections."""
        where = ("-c", f"port={self._port}", "-c", f"unix_socket_directories={self._folder}")
        self._process = self._children.start(
            [str(self._bin / "postgres"), "-D", str(self._data), *_OPTIONS, *where],
            log=self._folder.parent / "postgresql.log",
            **_as_postgres(),
        )
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                psycopg.connect(self.url, connect_timeout=5).close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > until or self._process.poll() is not None:
                    raise RuntimeError("PostgreSQL did not start; see postgresql.log") from None
                time.sleep(0.05)

    def stop_immediately(self) -> None:
        """As `pg_ctl stop -m immediate`: no farewell to anybody, and recovery at the next start."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(START_SECONDS)


def programs() -> Path:
    """The folder of initdb and postgres, newest version. RuntimeError when there is none."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    places = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(places, key=lambda path: float(path.parts[-3]), default=None)
    if newest is None:
        raise RuntimeError("PostgreSQL's programs (initdb, postgres) are not installed here")
    return newest.parent


def _as_postgres() -> dict[str, Any]:
    if os.getuid() != 0:
        return {}
    user = pwd.getpwnam("postgres")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
