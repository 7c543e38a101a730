"""Coming to the database and leaving it, in processes that are not there for long."""

from django.db import connection


def reach_database() -> None:
    """Connect once, past the pool. Raises OperationalError with the server's or the network's reason.

    The pool itself tries again for ten seconds in the background, and then only says that it gave up.
    """
    single = connection.copy()
    single.settings_dict["OPTIONS"].pop("pool", None)
    single.settings_dict["CONN_MAX_AGE"] = 0
    try:
        single.ensure_connection()
    finally:
        single.close()


def leave_database() -> None:
    """Close the connection and, on PostgreSQL, the pool with its threads: a supervisor needs neither."""
    connection.close()
    close_pool = getattr(connection, "close_pool", None)
    if close_pool is not None:
        close_pool()
