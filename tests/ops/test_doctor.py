"""doctor: a healthy site, and each way of being ill that it knows."""

import json
import os
import socket
import sqlite3
from pathlib import Path

import pytest

from snapplatform.ops import ports
from snapplatform.ops.doctor import disk
from tests.ops.processes import environment, manage

pytestmark = pytest.mark.skipif(
    bool(os.environ.get("SNAP_TEST_DATABASE_URL")), reason="done in the run on SQLite"
)


def examined(env: dict[str, str]) -> tuple[int, dict[str, dict[str, object]]]:
    """The exit code, and the findings by subject."""
    result = manage("doctor", "--format", "json", env=env)
    assert result.stderr == ""
    answer = json.loads(result.stdout)
    assert answer["ok"] is (result.returncode == 0)
    return result.returncode, {finding["subject"]: finding for finding in answer["findings"]}


def site(data_dir: Path, **variables: object) -> dict[str, str]:
    given = {"SNAP_HTTP_PORT": ports.free_port(), "SNAP_RTMP_PORT": ports.free_port(), **variables}
    return environment(data_dir, **given)


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data directory of a site that is fine."""
    folder = tmp_path_factory.mktemp("site")
    assert manage("bootstrap", env=environment(folder)).returncode == 0
    return folder


def test_a_healthy_site_is_fine(data_dir: Path) -> None:
    code, findings = examined(site(data_dir))
    assert code == 0
    assert all(finding["ok"] for finding in findings.values())
    assert {"settings", "data directory", "HTTP port", "RTMP port", "database", "migrations"} < set(findings)
    assert {"encryption key", "clock", "capture", "decoder", "ffmpeg"} < set(findings)
    assert not list(data_dir.glob(".doctor-*"))


def test_text_has_a_mark_on_each_line_and_a_way_out(data_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = manage("doctor", env=site(data_dir, SNAP_RTMP_PORT=port))
    assert result.returncode == 1
    lines = result.stdout.splitlines()
    bad = [line for line in lines if line.startswith("✗")]
    assert len(bad) == 1
    assert f"✗ RTMP port: Port {port} on 127.0.0.1 is in use by process {os.getpid()}" in bad[0]
    assert lines[lines.index(bad[0]) + 1] == "  → Stop that, or choose another port with SNAP_RTMP_PORT."
    assert lines[-1] == "1 to mend."


def test_a_data_directory_that_others_may_enter(data_dir: Path) -> None:
    data_dir.chmod(0o755)
    try:
        code, findings = examined(site(data_dir))
    finally:
        data_dir.chmod(0o700)
    assert code == 1
    assert "mode 755" in str(findings["privacy"]["seen"])
    assert findings["privacy"]["mend"] == f"chmod 700 {data_dir}"


def test_a_new_site_is_told_to_bootstrap(tmp_path: Path) -> None:
    code, findings = examined(site(tmp_path))
    assert code == 1
    assert "does not exist yet" in str(findings["database"]["seen"])
    assert "bootstrap" in str(findings["database"]["mend"])


def test_another_key_than_the_database_knows(data_dir: Path) -> None:
    other = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
    code, findings = examined(site(data_dir, SNAP_ENCRYPTION_KEYS=other))
    assert code == 1
    assert findings["encryption key"]["ok"] is False
    assert other not in json.dumps(findings)


def test_a_database_that_is_behind(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "snapplatform.sqlite3").close()
    code, findings = examined(site(tmp_path))
    assert code == 1
    assert "wait" in str(findings["migrations"]["seen"])


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "snapplatform.sqlite3").write_text("this is a letter to a friend, " * 100)
    code, findings = examined(site(tmp_path))
    assert code == 1
    assert "not a database" in str(findings["database"]["seen"])


def test_postgresql_that_does_not_answer(tmp_path: Path) -> None:
    port = ports.free_port()
    url = f"postgresql://snap:hidden-password@127.0.0.1:{port}/snap"
    code, findings = examined(site(tmp_path, SNAP_DATABASE_URL=url))
    assert code == 1
    assert f"127.0.0.1:{port}" in str(findings["database"]["mend"])
    assert "hidden-password" not in json.dumps(findings)


def test_a_misspelt_variable_and_one_read_from_a_file(data_dir: Path) -> None:
    password = data_dir / "password.txt"
    password.write_text("secret\n")
    env = site(data_dir, SNAP_HTPP_PORT="80", SNAP_ADMIN_PASSWORD_FILE=password)
    code, findings = examined(env)
    assert code == 1
    assert findings["settings"]["seen"] == "nobody reads SNAP_HTPP_PORT"


def test_an_open_door_with_a_closed_address(data_dir: Path) -> None:
    code, findings = examined(site(data_dir, SNAP_HTTP_HOST="0.0.0.0", SNAP_DEBUG="true"))
    assert code == 1
    assert "SNAP_PUBLIC_URL" in str(findings["public address"]["mend"])
    assert findings["debug"]["ok"] is False


def test_an_address_of_another_machine(data_dir: Path) -> None:
    code, findings = examined(site(data_dir, SNAP_HTTP_HOST="192.0.2.1"))
    assert code == 1
    assert findings["HTTP port"]["ok"] is False


@pytest.mark.parametrize("command", ["doctor", "run", "migrate", "help"])
def test_bad_settings_are_named_without_a_traceback(tmp_path: Path, command: str) -> None:
    env = environment(
        tmp_path, SNAP_HTTP_PORT="banana", SNAP_DEBUG="maybe", SNAP_TRUSTED_PROXIES="10.0.0.1/8"
    )
    result = manage(command, env=env)
    assert result.returncode == 2
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    for words in (
        "SNAP_HTTP_PORT is 'banana'",
        "1 to 65535",
        "SNAP_DEBUG",
        "SNAP_TRUSTED_PROXIES",
        "settings.md",
    ):
        assert words in result.stderr


def test_a_data_directory_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = manage("doctor", env=environment(tmp_path / "file" / "data"))
    assert result.returncode == 2
    assert "SNAP_DATA_DIR" in result.stderr


def test_sqlite_is_not_for_network_disks(monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = (
        "/dev/vda / ext4 rw 0 0\nserver:/x /mnt/share nfs4 rw 0 0\n/dev/vdb /mnt/share/disk ext4 rw 0 0\n"
    )
    monkeypatch.setattr(Path, "read_text", lambda self: mounts)
    assert disk.network_type(Path("/mnt/share/db.sqlite3")) == "nfs4"
    assert disk.network_type(Path("/mnt/share/disk/db.sqlite3")) == ""
    assert disk.network_type(Path("/mnt/shared/db.sqlite3")) == ""


@pytest.mark.parametrize(
    "command",
    [
        "bootstrap",
        "run",
        "web",
        "work",
        "capture",
        "doctor",
        "create_access_key",
        "create_stream_key",
        "demo",
    ],
)
def test_help_says_what_it_does_with_an_example(tmp_path: Path, command: str) -> None:
    text = " ".join(manage(command, "--help", env=environment(tmp_path)).stdout.split())
    assert "Example" in text
    assert f"manage.py {command}" in text
