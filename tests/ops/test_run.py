"""`manage.py run` as a person starts it: real web and work processes on free ports."""

import json
import os
import signal
import socket
import sqlite3
import sys
import time
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

from snapplatform.ops.ports import free_port
from tests.ops.conftest import SiteMaker
from tests.ops.processes import MANAGE, manage, milliseconds_until_gone, started

pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs Linux")

ALL = ["web", "capture", "work"]


def run_command(*parts: str) -> list[str]:
    return [sys.executable, MANAGE, "run", *(f"--only={part}" for part in parts)]


def answers(env: dict[str, str], path: str = "/healthz") -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{env['SNAP_HTTP_PORT']}{path}", timeout=30) as answer:
        return int(answer.status)


def test_everything_starts_answers_and_stops_on_term(site: SiteMaker) -> None:
    env = site(SNAP_ADMIN_PASSWORD="a password for the test", SNAP_WEB_WORKERS=2)
    with started(run_command(), env) as running:
        running.expect("Snapplatform")
        for child in ("capture-1", "web-1", "web-2", "work"):
            running.expect(f"{child} started")
        assert answers(env) == 200
        family = [member.pid for member in running.family()]
        assert len(family) >= 4
        gone = milliseconds_until_gone(family, running.process.terminate)
        print(f"SIGTERM: {len(family)} children gone after {gone:.0f} ms")
        assert gone < 10_000
        assert running.wait() == 0
        assert "a password for the test" not in "".join(running.lines)


def test_killed_supervisor_leaves_no_descendant(site: SiteMaker) -> None:
    env = site()
    with started(run_command(), env) as running:
        running.expect("work started")
        running.expect("taking publishers")
        assert answers(env) == 200
        family = [member.pid for member in running.family()]
        assert len(family) >= 5  # capture with two decoders, web, work
        gone = milliseconds_until_gone(family, running.process.kill)
        print(f"kill -9: {len(family)} descendants gone after {gone:.1f} ms")
        assert gone < 1000


def test_the_password_is_generated_once_and_shown_once(site: SiteMaker) -> None:
    env = site()
    for shown in (True, False):
        with started(run_command("work"), env) as running:
            running.expect("work started")
            assert running.end(signal.SIGINT) == 0
        text = manage("bootstrap", env=env).stdout
        assert "password" not in text
        assert any("made" in line.lower() for line in running.lines) is shown


def test_a_taken_http_port_is_said_in_one_line_with_its_holder(tmp_path: Path, site: SiteMaker) -> None:
    env = site()
    with started(run_command("web"), env) as first:
        first.expect("web-1 started")
        env = {**env, "SNAP_DATA_DIR": str(tmp_path / "other")}
        second = manage("run", "--only=web", env=env)
    assert second.returncode == 1
    assert (
        f"Port {env['SNAP_HTTP_PORT']} on 127.0.0.1 is in use by process {first.process.pid}" in second.stderr
    )
    assert "SNAP_HTTP_PORT" in second.stderr
    assert len(second.stderr.strip().splitlines()) == 1


def test_a_taken_rtmp_port_is_said_before_anything_starts(site: SiteMaker) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = manage("run", env=site(SNAP_RTMP_PORT=port))
    assert result.returncode == 1
    assert f"Port {port} on 127.0.0.1 is in use by process {os.getpid()}" in result.stderr
    assert "started" not in result.stderr


def test_a_second_run_on_the_same_data_is_refused(tmp_path: Path, site: SiteMaker) -> None:
    env = site()
    with started(run_command("work"), env) as first:
        first.expect("work started")
        second = manage("run", "--only=work", env=env)
    assert second.returncode == 1
    assert f"already works on {tmp_path} as process {first.process.pid}" in second.stderr


def test_doctor_knows_the_platform_that_runs(site: SiteMaker) -> None:
    env = site(SNAP_CAPTURE_NODES=2)
    with started(run_command(), env) as running:
        for _ in range(2):  # both nodes share the port
            running.expect("taking publishers")
        assert answers(env) == 200
        result = manage("doctor", env=env)
        assert result.returncode == 0, result.stdout
        assert f"runs now as process {running.process.pid}" in result.stdout
        assert result.stdout.count("in use by this platform") == 2


def test_a_killed_run_does_not_lock_its_data(site: SiteMaker) -> None:
    env = site()
    for _ in range(2):
        with started(run_command("work"), env) as running:
            running.expect("work started")
            running.process.kill()
            running.wait()


def test_a_killed_web_process_is_replaced_behind_the_same_socket(site: SiteMaker) -> None:
    env = site()
    with started(run_command("web"), env) as running:
        pid = int(running.expect("web-1 started as process").split("process ")[1].split('"')[0])
        assert answers(env) == 200
        os.kill(pid, signal.SIGKILL)
        assert answers(env) == 200  # waits in the socket's queue until the next one is up
        running.expect("web-1 started as process")


def test_an_unreachable_database_is_one_sentence(site: SiteMaker) -> None:
    url = f"postgresql://nobody:hidden-password@127.0.0.1:{free_port()}/none"
    result = manage("run", env=site(SNAP_DATABASE_URL=url))
    assert result.returncode == 1
    assert "Connection refused" in result.stderr
    assert "pool" not in result.stderr
    assert "manage.py doctor" in result.stderr
    assert "Traceback" not in result.stderr
    assert "hidden-password" not in result.stderr


def test_a_database_of_another_key_is_refused(tmp_path: Path, site: SiteMaker) -> None:
    env = site()
    assert manage("bootstrap", env=env).returncode == 0
    (tmp_path / "encryption_key").unlink()
    result = manage("run", env=env)
    assert result.returncode == 1
    assert "SNAP_ENCRYPTION_KEYS" in result.stderr


@pytest.mark.skipif(bool(os.environ.get("SNAP_TEST_DATABASE_URL")), reason="looks into the embedded database")
def test_work_does_what_is_due_and_stops_in_under_a_second(tmp_path: Path, site: SiteMaker) -> None:
    env = site()
    manage("bootstrap", env=env)
    assert "expired tokens" in manage("work", "--once", env=env).stdout
    assert "Nothing was due." in manage("work", "--once", env=env).stdout
    with started([sys.executable, MANAGE, "work"], env) as running:
        _wait_for_a_round(tmp_path / "snapplatform.sqlite3")
        gone = milliseconds_until_gone([running.process.pid], running.process.terminate)
        print(f"work stopped after {gone:.0f} ms")
        assert running.wait() == 0
        assert gone < 5000


def test_json_logs_are_json(site: SiteMaker) -> None:
    with started(run_command("work"), site()) as running:
        line = running.expect("work started")
        assert json.loads(line)["logger"] == "snapplatform.supervisor"
        running.end(signal.SIGTERM)


def _wait_for_a_round(path: Path) -> None:
    """Make one duty due, and wait until the worker has done it: then it waits for the next round."""
    duty = "cluster_duty WHERE name = 'old nodes'"
    with closing(sqlite3.connect(path, timeout=20, isolation_level=None)) as database:
        before = database.execute(f"SELECT last_finished_at FROM {duty}").fetchone()
        database.execute("UPDATE cluster_duty SET due_at = '2000-01-01' WHERE name = 'old nodes'")
        end = time.monotonic() + 30
        while database.execute(f"SELECT last_finished_at FROM {duty}").fetchone() == before:
            assert time.monotonic() < end, "the worker did nothing"
            time.sleep(0.02)
