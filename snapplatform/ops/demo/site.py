"""The demo's site: its folder, ports and secrets, and its two child processes."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from django.conf import settings

from snapplatform.envreader import make_private
from snapplatform.lifeline import Lifeline
from snapplatform.ops import ports
from snapplatform.ops.bootstrap import ADMIN_LOGIN, new_password
from snapplatform.ops.deaths import ended_child

# What `run` may need to stop (under ten), and a little more before it is killed with all its children.
_STOP_SECONDS = 10.0
# Once may be an accident that the next start mends; after this often it is not.
_ENDS = 3
_TAIL_LINES = 15


class DemoFailed(Exception):
    """Says what went wrong and where to look."""


class Site:
    """Everything about the demo's site in `folder`. Leaving the block ends all of its processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log_path = folder / "demo.log"
        make_private(folder)
        self.http_port = _free("HTTP", settings.SNAP.http_port)
        self.rtmp_port = _free("RTMP", settings.SNAP.rtmp_port)
        self.url = f"http://127.0.0.1:{self.http_port}"
        self.publish_url = f"rtmp://127.0.0.1:{self.rtmp_port}/live/demo"
        self.password = _kept(folder / "admin_password")
        self._lifeline = Lifeline()
        self._children: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        self._log = open(self.log_path, "wb")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for child in reversed(self._children):
            _end(child)
        self._lifeline.close()
        self._log.close()

    def start_platform(self) -> None:
        self._start([_MANAGE, "run"])

    def start_camera(self) -> None:
        self._start(["-m", "snapplatform.ops.demo.camera", self.publish_url])

    def check_alive(self) -> None:
        """Raise DemoFailed with the end of the log if a child has died."""
        for child in self._children:
            if child.poll() is not None:
                raise DemoFailed(f"a process ended with code {child.returncode}.\n{self.log_end()}")

    def check_steady(self) -> None:
        """Raise DemoFailed with what it said last if a process of the platform ends again and again."""
        ends: Counter[str] = Counter()
        lines = self._log_lines()
        for number, line in enumerate(lines):
            name = ended_child(line)
            ends[name] += 1
            if name and ends[name] == _ENDS:
                said = self._tail(lines[: number + 1])
                raise DemoFailed(f"{name} does not come up: it ended {_ENDS} times.\n{said}")

    def log_end(self) -> str:
        """The last lines of the log, and where the others are."""
        return self._tail(self._log_lines())

    def _log_lines(self) -> list[str]:
        return self.log_path.read_text(errors="replace").splitlines()

    def _tail(self, lines: list[str]) -> str:
        return "\n".join([*lines[-_TAIL_LINES:], f"(all of it: {self.log_path})"])

    def access_key(self) -> tuple[str, str]:
        """An access key of the administrator, the same one each time."""
        path = self.folder / "access_key.json"
        if not path.exists():
            words = ["create_access_key", ADMIN_LOGIN, "--description", "demo", "--format", "json"]
            made = subprocess.run(
                [sys.executable, _MANAGE, *words], env=self._environment(), capture_output=True
            )
            if made.returncode:
                raise DemoFailed(f"no access key: {made.stderr.decode('utf-8', 'replace')}")
            _write(path, made.stdout.decode())
        key = json.loads(path.read_text())
        return key["AccessKeyId"], key["AccessKeySecret"]

    def _start(self, words: Sequence[str]) -> None:
        child = subprocess.Popen(
            [sys.executable, *words],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            env=self._environment() | self._lifeline.environment(),
            pass_fds=[self._lifeline.read_end],
            cwd=settings.BASE_DIR,
            process_group=0,  # Ctrl-C is ours alone; the children are told in order
        )
        self._children.append(child)

    def _environment(self) -> dict[str, str]:
        """None of the caller's own settings: the demo must not touch another site's database."""
        return {name: value for name, value in os.environ.items() if not name.startswith("SNAP_")} | {
            "SNAP_DATA_DIR": str(self.folder),
            "SNAP_HTTP_PORT": str(self.http_port),
            "SNAP_RTMP_PORT": str(self.rtmp_port),
            "SNAP_ADMIN_PASSWORD": self.password,
            "SNAP_LOG_FORMAT": "json",
        }


_MANAGE = str(settings.BASE_DIR / "manage.py")


def _free(what: str, port: int) -> int:
    """`port`, or another one if it is taken, and then a word about it."""
    try:
        ports.check_free("127.0.0.1", port, variable=f"SNAP_{what}_PORT")
    except ports.PortTaken:
        by = ports.holder(port)
        chosen = ports.free_port()
        print(
            f"  {what} port {port} is taken{f' by {by}' if by else ''}; using {chosen} instead.", flush=True
        )
        return chosen
    return port


def _kept(path: Path) -> str:
    if not path.exists():
        _write(path, new_password())
    return path.read_text()


def _write(path: Path, text: str) -> None:
    with open(path, "w", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(text)


def _end(child: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        child.send_signal(signal.SIGTERM)
    try:
        child.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
