"""A site for the commands that tests start: its settings, free ports, and a database of its own."""

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from snapplatform.ops.ports import free_port
from tests.ops.processes import environment

SiteMaker = Callable[..., dict[str, str]]


@pytest.fixture
def database_url() -> Iterator[str]:
    """A new database on the PostgreSQL under test; empty for the embedded default."""
    server = os.environ.get("SNAP_TEST_DATABASE_URL", "")
    if not server:
        yield ""
        return
    name = f"snap_ops_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(_other_database(server, "postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]
        yield _other_database(server, name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[arg-type]


@pytest.fixture
def site(tmp_path: Path, database_url: str) -> SiteMaker:
    """Makes the environment of a site on `tmp_path`; ports are chosen anew each time."""

    def make(**variables: object) -> dict[str, str]:
        ports = {"SNAP_HTTP_PORT": free_port(), "SNAP_RTMP_PORT": free_port()}
        return environment(tmp_path, **({"SNAP_DATABASE_URL": database_url} | ports | variables))

    return make


def _other_database(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
