"""Pulled streams with a started job each, made in a site's own database; and looks into it from outside.

python -m tests.ops.pulled COUNT URL, with the site's environment: makes them, then ends.
"""

import sqlite3
import subprocess
import sys
from typing import Any

import psycopg

from tests.ops.processes import ROOT

_HOLDERS = (
    "SELECT s.name, s.state, s.epoch, n.pid FROM streams_stream s "
    "LEFT JOIN cluster_node n ON n.id = s.node_id ORDER BY s.name"
)
_PICTURES = "SELECT count(*) FROM jobs_snapshot"


class Site:
    """The database of a site that tests run processes on."""

    def __init__(self, env: dict[str, str]) -> None:
        self._env = env

    def make(self, count: int, url: str) -> None:
        for command in (["manage.py", "bootstrap"], ["-m", "tests.ops.pulled", str(count), url]):
            env = {**self._env, "DJANGO_SETTINGS_MODULE": "snapplatform.settings"}
            subprocess.run(
                [sys.executable, *command], env=env, cwd=ROOT, check=True, capture_output=True, timeout=60
            )

    def holders(self) -> list[tuple[str, str, int, int | None]]:
        """Of each stream, by name: its state, its epoch, and the process that holds it."""
        return self._ask(_HOLDERS)

    def pictures(self) -> int:
        return int(self._ask(_PICTURES)[0][0])

    def _ask(self, sql: str) -> list[Any]:
        if url := self._env.get("SNAP_DATABASE_URL"):
            with psycopg.connect(url, autocommit=True) as connection:
                return connection.execute(sql).fetchall()  # type: ignore[call-overload, no-any-return]
        file = f"{self._env['SNAP_DATA_DIR']}/snapplatform.sqlite3"
        connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=20)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()


def make(count: int, url: str) -> None:
    from jobs.services import submit_job
    from snapplatform.access.models import User
    from snapplatform.access.principal import principal_of
    from snapplatform.storage.models import Bucket
    from snapplatform.streams.services import create_stream
    from templates.services import create_template

    who = principal_of(User.objects.get(login="admin"))
    given = {"name": "often", "interval_ms": 500, "sequence_format": "{JobId}/{Sequence}.jpg"}
    template = create_template(principal=who, **given) if count else None
    for number in range(count):
        stream = create_stream(principal=who, name=f"cam-{number:03d}", source_url=url)
        submit_job(
            principal=who, name=stream.name, template=template, stream=stream, bucket=Bucket.objects.get()
        )


if __name__ == "__main__":
    import django

    django.setup()
    make(int(sys.argv[1]), sys.argv[2])
