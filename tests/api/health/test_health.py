"""/healthz and /readyz."""

from dataclasses import replace
from unittest import mock

import pytest
from django.db import OperationalError
from django.test import Client

from snapplatform.api.health import readiness


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    readiness.state.forget()


def test_health_asks_no_database():
    response = Client().get("/healthz")  # this test has no database: a query would raise
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert response.headers["Cache-Control"] == "no-store"


def test_ready(db: None):
    response = Client().get("/readyz")
    assert response.status_code == 200
    assert response.json()["checks"] == {"database": "ok", "migrations": "ok", "data_directory": "ok"}


def test_lost_database_is_named(db: None):
    with mock.patch.object(readiness.connection, "cursor", side_effect=OperationalError("to 10.0.0.5")):
        response = Client().get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"]["database"] == "the database does not answer"
    assert "10.0.0.5" not in response.content.decode()


def test_missing_migrations_are_named(db: None, monkeypatch):
    monkeypatch.setattr(readiness, "_migrated", False)
    with mock.patch.object(readiness.MigrationExecutor, "migration_plan", return_value=[object()] * 2):
        response = Client().get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"]["migrations"] == "2 migrations are missing: run manage.py migrate"


def test_missing_data_directory_is_named(db: None, settings, tmp_path):
    settings.SNAP = replace(settings.SNAP, data_dir=tmp_path / "gone")
    response = Client().get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"]["data_directory"].startswith("the data directory can't be written")


def test_full_disk_is_named(db: None, monkeypatch):
    monkeypatch.setattr(readiness, "FREE_BYTES", 2**62)
    response = Client().get("/readyz")
    assert response.status_code == 503
    assert "are free in the data directory" in response.json()["checks"]["data_directory"]


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_only_reading(db: None, path: str):
    assert Client().head(path).status_code == 200
    assert Client().post(path).status_code == 405
