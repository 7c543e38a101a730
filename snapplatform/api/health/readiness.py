"""What must be right before this site can serve: database, migrations, and room in the data directory."""

import os
import tempfile
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from snapplatform.api.health.cached import Cached

FREE_BYTES = 64 * 1024 * 1024  # below this, pictures would soon be skipped
_migrated = False


class NotReady(Exception):
    """Says what is missing in words that a stranger may read."""


def database() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
    except DatabaseError as error:
        connection.close()
        raise NotReady("the database does not answer") from error


def migrations() -> None:
    """Looked at until they are all applied once; a running process can't become unmigrated."""
    global _migrated
    if _migrated:
        return
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        raise NotReady("the database does not answer") from error
    if missing:
        raise NotReady(f"{len(missing)} migrations are missing: run manage.py migrate")
    _migrated = True


def data_directory() -> None:
    folder: Path = settings.SNAP.data_dir
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".ready-") as file:
            file.write(b"x")
            file.flush()
        free = os.statvfs(folder)
    except OSError as error:
        raise NotReady(f"the data directory can't be written: {error.strerror}") from error
    if free.f_bavail * free.f_frsize < FREE_BYTES:
        raise NotReady(f"less than {FREE_BYTES // 1024**2} MiB are free in the data directory")


CHECKS = {"database": database, "migrations": migrations, "data_directory": data_directory}


def _look() -> dict[str, str]:
    answers = {}
    for name, check in CHECKS.items():
        try:
            check()
            answers[name] = "ok"
        except NotReady as error:
            answers[name] = str(error)
    return answers


state = Cached(_look, 1.0)
