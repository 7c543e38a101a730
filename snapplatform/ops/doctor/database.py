"""Doctor on the database: reachable, new enough, up to date, of this site's key, its clock and its nodes."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from snapplatform import clock
from snapplatform.access.models import KeyFingerprint
from snapplatform.access.secrets import fingerprint
from snapplatform.ops.doctor import captures
from snapplatform.ops.doctor.disk import network_type
from snapplatform.ops.doctor.findings import Finding, bad, good
from snapplatform.ops.reach import reach_database

# Django 5.2 supports no older one.
MIN_POSTGRESQL = 14
MAX_OFFSET_MS = 1000
_BOOTSTRAP = "Run `manage.py bootstrap` (or `run`, which does it)."


def findings() -> Iterator[Finding]:
    place = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        if not Path(place).exists():
            yield bad("database", f"{place} does not exist yet", _BOOTSTRAP)
            return
        if kind := network_type(Path(place)):
            yield bad(
                "database",
                f"SQLite on a network file system ({kind})",
                "Put SNAP_DATA_DIR on a local disk, or use PostgreSQL: locks over the network lose data.",
            )
    try:
        yield _version()
        yield _clock()
        waiting = _unapplied()
        yield (
            bad("migrations", f"{waiting} wait", _BOOTSTRAP) if waiting else good("migrations", "all applied")
        )
        if not waiting:
            yield _key()
            yield from captures.findings()
    except DatabaseError as error:
        yield bad("database", f"does not answer: {str(error).strip()}", _reach())


def _version() -> Finding:
    reach_database()
    if connection.vendor == "sqlite":
        return good("database", f"SQLite {sqlite3.sqlite_version}")
    version = connection.cursor().connection.info.server_version
    text = f"PostgreSQL {version // 10000}.{version % 10000}"
    if version // 10000 < MIN_POSTGRESQL:
        return bad("database", text, f"PostgreSQL {MIN_POSTGRESQL} or newer is needed.")
    return good("database", text)


def _unapplied() -> int:
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _key() -> Finding:
    row = KeyFingerprint.objects.first()
    if row is None:
        return bad("encryption key", "none was used with this database yet", _BOOTSTRAP)
    if row.fingerprint in [fingerprint(key) for key in settings.SNAP.encryption_keys]:
        return good("encryption key", f"fits the database ({row.fingerprint})")
    return bad(
        "encryption key",
        f"the database's secrets were written with another key ({row.fingerprint})",
        "Add that key to SNAP_ENCRYPTION_KEYS, or bring back the file encryption_key of the data directory.",
    )


def _clock() -> Finding:
    query = "SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')"
    if connection.vendor == "postgresql":
        query = "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"
    before = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(query)
        theirs = datetime.fromisoformat(cursor.fetchone()[0]).replace(tzinfo=UTC)
    middle = before + (clock.now() - before) / 2
    offset = round((middle - theirs).total_seconds() * 1000)
    text = f"{abs(offset)} ms {'ahead of' if offset >= 0 else 'behind'} the database's"
    if abs(offset) > MAX_OFFSET_MS:
        return bad("clock", text, "Let NTP (chrony, systemd-timesyncd) set the clocks of both machines.")
    return good("clock", text)


def _reach() -> str:
    config = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"Look whether {config['NAME']} is an SQLite file that this user may write."
    where = f"{config['HOST'] or 'the local socket'}:{config['PORT'] or 5432}"
    return f"Look whether PostgreSQL runs at {where} and takes this user and database (SNAP_DATABASE_URL)."
