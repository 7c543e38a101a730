"""A fresh database for one run: a SQLite file, or a database on a PostgreSQL server, dropped at the end.

The server is that of SNAP_TEST_DATABASE_URL; without it, one of our own is started (postgresql.py).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg.sql import SQL, Identifier

from bench.faults.children import Children
from bench.faults.postgresql import Server


@contextmanager
def fresh(
    kind: str, folder: Path, children: Children, server_url: str
) -> Iterator[tuple[str, Server | None]]:
    """Its URL, empty for SQLite, which lies in the data directory; and the server, if it is our own: without
    `server_url` it is. RuntimeError when PostgreSQL's programs are missing."""
    if kind == "sqlite":
        yield "", None
    elif server_url:
        with _database(server_url) as url:
            yield url, None
    else:
        with Server(folder / "postgresql", children) as server:
            yield server.url, server


@contextmanager
def _database(server_url: str) -> Iterator[str]:
    name = f"snap_faults_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(_named(server_url, "postgres"), autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        try:
            yield _named(server_url, name)
        finally:
            connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


def _named(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
