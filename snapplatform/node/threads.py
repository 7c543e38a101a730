"""Threads beside the loop: one that owns the database, several for the disk. The loop itself never blocks."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import close_old_connections, connection, connections

P = ParamSpec("P")
T = TypeVar("T")


class DatabaseThread:
    """All database work of the process, one call at a time, on one connection."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(1, "database", initializer=_keep_connection)

    async def run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do `call` in the thread; whatever it raises is raised here."""

        def guarded() -> T:
            # Without this a loop never recovers from a restarted database: every later query says "closed".
            close_old_connections()
            try:
                return call(*args, **kwargs)
            finally:
                close_old_connections()

        return await asyncio.get_running_loop().run_in_executor(self._executor, guarded)

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._executor, connections.close_all)
        self._executor.shutdown(wait=False)


def _keep_connection() -> None:
    """Keep this thread's SQLite file open between calls; PostgreSQL's connections come from a pool anyway."""
    if connection.vendor == "sqlite":
        connection.settings_dict = {**connection.settings_dict, "CONN_MAX_AGE": 600}


class DiskThreads:
    """Writing and syncing files, several at a time: an fsync waits for the disk, not for the processor."""

    def __init__(self, count: int = 4) -> None:
        self._executor = ThreadPoolExecutor(count, thread_name_prefix="disk")

    async def run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, lambda: call(*args, **kwargs))

    def close(self) -> None:
        self._executor.shutdown(wait=False, cancel_futures=True)
