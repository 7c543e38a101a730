"""Coming to the database and leaving it, in processes that are not there for long."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

_LOCK_TIMEOUT = {"sqlite": "PRAGMA busy_timeout", "postgresql": "SET lock_timeout"}


def reach_database() -> None:
    """Connect once, past the pool. Raises OperationalError with the server's or the network's reason.

    The pool itself tries again for ten seconds in the background, and then only says that it gave up.
    """
    single = _single()
    try:
        single.ensure_connection()
    finally:
        single.close()


@contextmanager
def visit_database(*, lock_ms: int) -> Iterator[None]:
    """Let this thread's queries in the block use one connection past the pool, closed at the end.

    A statement that waits longer than `lock_ms` for somebody's lock raises OperationalError.
    """
    before = connections[DEFAULT_DB_ALIAS]
    single = connections[DEFAULT_DB_ALIAS] = _single()
    try:
        with single.cursor() as cursor:
            cursor.execute(f"{_LOCK_TIMEOUT[single.vendor]} = {lock_ms:d}")
        yield
    finally:
        single.close()
        connections[DEFAULT_DB_ALIAS] = before


def _single() -> BaseDatabaseWrapper:
    single = connection.copy()
    single.settings_dict["OPTIONS"].pop("pool", None)
    single.settings_dict["CONN_MAX_AGE"] = 0
    return single


def leave_database() -> None:
    """Close the connection and, on PostgreSQL, the pool with its threads: a supervisor needs neither."""
    connection.close()
    close_pool = getattr(connection, "close_pool", None)
    if close_pool is not None:
        close_pool()
