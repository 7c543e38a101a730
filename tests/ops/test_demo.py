"""`manage.py demo` from beginning to end, as a newcomer runs it, and what it leaves behind: nothing."""

import json
import os
import re
import signal
import socket
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from snapplatform.ops.demo.main import Demo
from snapplatform.ops.ports import free_port
from tests.ops.processes import MANAGE, environment, manage, milliseconds_until_gone, started

pytestmark = [
    pytest.mark.skipif(bool(os.environ.get("SNAP_TEST_DATABASE_URL")), reason="done in the run on SQLite"),
    pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs Linux"),
    pytest.mark.timeout(240),
]
DEMO = [sys.executable, MANAGE, "demo"]
PICTURE = re.compile(r"^  \d\d:\d\d:\d\d +(\d+) +[\d.]+ kB +([\d.]+) s +(\d+) ms  (http://\S+)$")


def site(tmp_path: Path) -> dict[str, str]:
    return environment(tmp_path, SNAP_HTTP_PORT=free_port(), SNAP_RTMP_PORT=free_port())


def everything_of(folder: Path) -> list[psutil.Process]:
    """All processes of this machine that work on the folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("SNAP_DATA_DIR", "").startswith(str(folder)):
                found.append(process)
        except psutil.Error:
            continue
    return [process for process in found if process.pid != os.getpid()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One data directory for two demos, one after the other."""
    return tmp_path_factory.mktemp("demos")


@pytest.mark.parametrize("run", ["first", "second"])
def test_pictures_arrive_are_right_and_nothing_is_left(folder: Path, run: str) -> None:
    result = manage("demo", "--seconds", "8", "--check", env=site(folder), timeout=200)
    assert result.returncode == 0, result.stdout + result.stderr
    pictures = [found for line in result.stdout.splitlines() if (found := PICTURE.match(line))]
    assert len(pictures) >= 3
    numbers = [int(found[1]) for found in pictures]
    assert numbers == sorted(set(numbers))
    assert "each was downloaded" in result.stdout
    assert "\x1b" not in result.stdout
    for words in ("Admin ", "Login ", "API docs", "rtmp://127.0.0.1:"):
        assert words in result.stdout
    assert everything_of(folder) == []


def test_pictures_of_an_earlier_demo_are_left_out(tmp_path: Path) -> None:
    demo = Demo(tmp_path, seconds=1, check=True)
    demo._published = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)
    assert not demo._is_of_this_run({"frame_at": "2026-01-01T11:59:59.999Z"})
    assert demo._is_of_this_run({"frame_at": "2026-01-01T12:00:00.040Z"})


def test_ctrl_c_ends_everything_and_the_next_demo_goes_on(tmp_path: Path) -> None:
    env = site(tmp_path)
    logins = []
    for _ in range(2):
        with started(DEMO, env) as demo:
            logins.append(demo.expect("Login", timeout=120))
            demo.expect(" kB ")
            family = [member.pid for member in demo.family()]
            assert len(family) >= 5
            gone = milliseconds_until_gone(
                family, lambda demo=demo: demo.process.send_signal(signal.SIGINT), timeout=20
            )
            print(f"Ctrl-C: {len(family)} processes gone after {gone:.0f} ms")
            assert demo.wait() == 0
        assert everything_of(tmp_path) == []
    assert logins[0] == logins[1]


def test_a_killed_demo_leaves_nothing(tmp_path: Path) -> None:
    with started(DEMO, site(tmp_path)) as demo:
        demo.expect(" kB ", timeout=120)
        family = [member.pid for member in demo.family()]
        gone = milliseconds_until_gone(family, demo.process.kill)
        print(f"kill -9: {len(family)} processes gone after {gone:.1f} ms")
        assert gone < 1000
        assert everything_of(tmp_path) == []


def test_taken_ports_are_replaced_and_a_second_demo_is_refused(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as web, socket.create_server(("127.0.0.1", 0)) as rtmp:
        env = environment(tmp_path, SNAP_HTTP_PORT=web.getsockname()[1], SNAP_RTMP_PORT=rtmp.getsockname()[1])
        with started(DEMO, env) as demo:
            demo.expect(f"HTTP port {web.getsockname()[1]} is taken by process {os.getpid()}")
            demo.expect(f"RTMP port {rtmp.getsockname()[1]} is taken")
            demo.expect(" kB ", timeout=120)
            second = manage("demo", "--seconds", "5", env=env)
            assert second.returncode == 1
            assert "Another demo runs" in second.stdout
            demo.end(signal.SIGTERM)


def test_it_ends_with_the_log_when_the_platform_does_not_come_up(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "snapplatform.sqlite3").write_text("this is no database, " * 100)
    began = time.monotonic()
    result = manage("demo", "--seconds", "5", env=site(tmp_path))
    assert result.returncode == 1
    assert "a process ended with code 1" in result.stdout
    assert "file is not a database" in result.stdout
    assert time.monotonic() - began < 50


_BROKEN = """
import sys
if "web" in sys.orig_argv:
    sys.exit("the web process says why it can't go on")
"""


def test_it_ends_soon_when_a_process_of_the_platform_dies_again_and_again(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(_BROKEN)
    began = time.monotonic()
    result = manage("demo", "--seconds", "5", env=site(tmp_path) | {"PYTHONPATH": str(tmp_path)})
    print(f"gave up after {time.monotonic() - began:.1f} s")
    assert result.returncode == 1
    assert "web-1 does not come up: it ended 3 times." in result.stdout
    assert "the web process says why it can't go on" in result.stdout
    assert "did not come up in 60 s" not in result.stdout
    assert everything_of(tmp_path) == []


def test_other_settings_of_the_shell_do_not_reach_the_demo(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'production.sqlite3'}"
    env = site(tmp_path) | {"SNAP_DATABASE_URL": url, "SNAP_RETENTION_DAYS": "1"}
    with started(DEMO, env) as demo:
        demo.expect("camera publishes", timeout=120)
        demo.end(signal.SIGTERM)
    assert not (tmp_path / "production.sqlite3").exists()
    key = json.loads((tmp_path / "demo" / "access_key.json").read_text())
    assert set(key) == {"AccessKeyId", "AccessKeySecret"}
    assert (tmp_path / "demo" / "access_key.json").stat().st_mode & 0o777 == 0o600
