"""The settings: read as documented, and documented as read."""

import os
import re
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from snapplatform import env
from snapplatform.ops import lock
from tests.ops.processes import ROOT

PAGE = (ROOT / "docs" / "settings.md").read_text()
ROWS = {match[1]: match[0] for match in re.finditer(r"^\| `(SNAP_[A-Z_]+)` \|.*$", PAGE, re.MULTILINE)}


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in env.variables():
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)
    return monkeypatch


def test_the_page_lists_every_variable_and_no_other() -> None:
    assert sorted(ROWS) == env.variables()


@pytest.mark.parametrize("name", env.variables())
def test_each_has_type_default_meaning_and_example(name: str) -> None:
    cells = [cell.strip() for cell in ROWS[name].strip("|").split("|")]
    assert len(cells) == 5
    assert all(cells)


def test_documented_numbers_are_the_defaults_and_ranges(given: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given.setenv("SNAP_DATA_DIR", str(tmp_path))
    settings = env.load(tmp_path)
    numbers = {name: row for name, row in ROWS.items() if "| number, " in row}
    assert len(numbers) >= 8
    for name, row in numbers.items():
        _, kind, default, *_ = [cell.strip() for cell in row.strip("|").split("|")]
        if default.startswith("`"):
            assert getattr(settings, name.removeprefix("SNAP_").lower()) == int(default.strip("`"))
        low, high = map(int, re.findall(r"\d+", kind))
        for value, right in [(low, True), (high, True), (low - 1, False), (high + 1, False)]:
            given.setenv(name, str(value))
            if right:
                env.load(tmp_path)
            else:
                with pytest.raises(
                    ImproperlyConfigured, match=f"{name} is '{value}', .* from {low} to {high}"
                ):
                    env.load(tmp_path)
        given.delenv(name)


def test_a_variable_is_also_read_from_a_file(given: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "port").write_text("8123\n")
    given.setenv("SNAP_HTTP_PORT_FILE", str(tmp_path / "port"))
    assert env.load(tmp_path).http_port == 8123


def test_an_empty_variable_counts_as_absent(given: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in env.variables():
        given.setenv(name, "")
    settings = env.load(tmp_path)
    assert (settings.http_port, settings.allowed_hosts, settings.ingest_open) == (8000, ["*"], True)
    assert settings.data_dir == tmp_path / "var"


@pytest.mark.parametrize(("text", "value"), [("true", True), ("1", True), ("Yes", True), ("off", False)])
def test_flags(given: pytest.MonkeyPatch, tmp_path: Path, text: str, value: bool) -> None:
    given.setenv("SNAP_INGEST_OPEN", text)
    assert env.load(tmp_path).ingest_open is value


def test_all_bad_values_are_named_at_once_and_no_secret_is(given: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given.setenv("SNAP_RTMP_PORT", "rtmp")
    given.setenv("SNAP_DEBUG", "maybe")
    given.setenv("SNAP_LOG_LEVEL", "loud")
    given.setenv("SNAP_ENCRYPTION_KEYS", "not-a-key")
    given.setenv("SNAP_ALLOWED_NETWORKS", "10.0.0.1/8")
    given.setenv("SNAP_SECRET_KEY_FILE", str(tmp_path / "absent"))
    with pytest.raises(ImproperlyConfigured) as caught:
        env.load(tmp_path)
    text = str(caught.value)
    for name in ("RTMP_PORT", "DEBUG", "LOG_LEVEL", "ENCRYPTION_KEYS", "ALLOWED_NETWORKS", "SECRET_KEY_FILE"):
        assert f"SNAP_{name}" in text
    assert "not-a-key" not in text


def test_secrets_are_made_once_and_for_the_owner_alone(given: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first, second = env.load(tmp_path), env.load(tmp_path)
    assert first == second
    assert len(first.secret_key) >= 50
    Fernet(first.encryption_keys[0])
    for name in ("secret_key", "encryption_key"):
        assert (tmp_path / "var" / name).stat().st_mode & 0o777 == 0o600
        assert getattr(first, name, first.encryption_keys[0]) not in repr(first)
    assert sorted(path.name for path in (tmp_path / "var").iterdir()) == ["encryption_key", "secret_key"]


@pytest.mark.parametrize("umask", [0o022, 0o000, 0o077])
def test_a_new_data_directory_is_its_owners_alone(
    given: pytest.MonkeyPatch, tmp_path: Path, umask: int
) -> None:
    before = os.umask(umask)
    try:
        env.load(tmp_path / "site")
        with lock.run_lock(tmp_path / "other" / "var"):
            pass
    finally:
        os.umask(before)
    for folder in (tmp_path / "site" / "var", tmp_path / "other" / "var"):
        assert folder.stat().st_mode & 0o777 == 0o700


def test_an_existing_data_directory_keeps_its_mode(given: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var").chmod(0o750)
    env.load(tmp_path)
    assert (tmp_path / "var").stat().st_mode & 0o777 == 0o750


@pytest.mark.parametrize("url", ["nonsense", "mysql://u:p@h/n", "redis://h"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="SNAP_DATABASE_URL"):
        env.database(url)


def test_sqlite_is_set_up_to_lose_nothing() -> None:
    options = env.database("sqlite:////tmp/x.sqlite3")["OPTIONS"]
    assert options["transaction_mode"] == "IMMEDIATE"
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        assert pragma in options["init_command"]


def test_postgresql_ends_transactions_of_processes_that_froze() -> None:
    options = env.database("postgresql://u@h/n")["OPTIONS"]["options"]
    assert options == "-c idle_in_transaction_session_timeout=4000"


def test_a_url_may_say_otherwise() -> None:
    url = "postgresql://u@h/n?options=-c%20idle_in_transaction_session_timeout%3D0"
    assert env.database(url)["OPTIONS"]["options"].endswith(" -c idle_in_transaction_session_timeout=0")
