"""kill -9 of a capture process whose database hangs: the next one registers every picture it had, once."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from PIL import Image

from snapplatform.media import scene, synthetic
from snapplatform.storage import journal
from tests.node.encoder import Encoder
from tests.ops.conftest import SiteMaker
from tests.ops.processes import MANAGE, ROOT, Running, manage, started

pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs Linux")

MAKE = """
import django; django.setup()
from jobs.services import submit_job
from snapplatform.access.models import User
from snapplatform.access.principal import principal_of
from snapplatform.storage.models import Bucket
from snapplatform.streams.services import ensure_stream
from templates.services import create_template
who = principal_of(User.objects.get(login="admin"))
names = {"sequence_format": "{JobId}/{Sequence}.jpg", "overwrite_format": "{JobId}/newest.jpg"}
template = create_template(principal=who, name="often", interval_ms=500, **names)
stream, _ = ensure_stream(account_id=who.account_id, name="cam")
submit_job(
    principal=who, name="j", template=template, stream=stream, bucket=Bucket.objects.get(), autostart=True
)
"""
PICTURES = (
    "SELECT s.is_overlay, s.sequence, o.bucket_id, o.blob FROM jobs_snapshot s "
    "JOIN storage_storedobject o ON o.id = s.object_id ORDER BY s.is_overlay, s.sequence"
)
COUNTS = "SELECT expected, captured, skipped FROM jobs_job"
GOP = 2  # frames


@pytest.fixture
def env(site: SiteMaker) -> dict[str, str]:
    made = site(SNAP_DECODERS=1)
    assert manage("bootstrap", env=made).returncode == 0
    django = {**made, "DJANGO_SETTINGS_MODULE": "snapplatform.settings"}
    subprocess.run([sys.executable, "-c", MAKE], env=django, cwd=ROOT, check=True, timeout=60)
    return made


def ask(env: dict[str, str], sql: str) -> list[Any]:
    if url := env["SNAP_DATABASE_URL"]:
        with psycopg.connect(url) as connection:
            return connection.execute(sql).fetchall()  # type: ignore[call-overload, no-any-return]
    with closing(sqlite3.connect(Path(env["SNAP_DATA_DIR"]) / "snapplatform.sqlite3", timeout=30)) as file:
        return file.execute(sql).fetchall()


@contextmanager
def hanging(env: dict[str, str]) -> Iterator[None]:
    """The database answers no write, and on PostgreSQL no question about jobs either."""
    if url := env["SNAP_DATABASE_URL"]:
        with psycopg.connect(url) as connection:
            connection.execute("LOCK TABLE jobs_job IN ACCESS EXCLUSIVE MODE")
            yield
            connection.rollback()
        return
    with closing(sqlite3.connect(Path(env["SNAP_DATA_DIR"]) / "snapplatform.sqlite3", timeout=30)) as file:
        file.execute("BEGIN IMMEDIATE")
        yield
        file.rollback()


def spooled(env: dict[str, str]) -> int:
    return len(list(Path(env["SNAP_DATA_DIR"], "spool").glob("*/*/*/*.json")))


def in_journal(env: dict[str, str]) -> int:
    return sum(len(journal.read(path)) for path in Path(env["SNAP_DATA_DIR"], "spool").glob("*/journal"))


def frame_number(env: dict[str, str], bucket: object, blob: str) -> int | None:
    folder = str(bucket) if "-" in str(bucket) else "-".join(_uuid_parts(str(bucket)))
    with Image.open(Path(env["SNAP_DATA_DIR"], "buckets", folder, blob)) as image:
        return scene.read_frame_number(image)


def _uuid_parts(text: str) -> list[str]:
    return [text[:8], text[8:12], text[12:16], text[16:20], text[20:]]


class Film:
    """GOPs of a camera, sent one after another; each shows other frame numbers."""

    def __init__(self, encoder: Encoder) -> None:
        camera = synthetic.Camera(width=320, height=180, fps=5, gop_seconds=GOP / 5)
        self._config, self._packets = synthetic.encode_sample(camera, 60 * GOP)
        self._encoder = encoder
        self._next = 0

    async def until(self, true: Callable[[], bool], patience: float = 40.0) -> None:
        """Send a GOP every half second until it is true."""
        end = time.monotonic() + patience
        while not await asyncio.to_thread(true):
            assert time.monotonic() < end
            packets = self._packets[self._next : self._next + GOP]
            await self._encoder.video(self._config, packets)
            self._next += GOP
            await asyncio.sleep(0.5)


async def film_an_outage(env: dict[str, str], running: Running) -> int:
    """How many pictures the process had when it was killed."""
    async with Encoder(int(env["SNAP_RTMP_PORT"]), "cam") as encoder:
        assert encoder.accepted
        film = Film(encoder)
        await film.until(lambda: len(ask(env, PICTURES)) >= 2)
        with hanging(env):
            await film.until(lambda: spooled(env) >= 3)
            assert in_journal(env) >= 1
            running.end(signal.SIGKILL)
            return in_journal(env) + spooled(env)


def test_every_picture_of_a_killed_process_is_registered_once_and_in_order(env: dict[str, str]) -> None:
    with started([sys.executable, MANAGE, "capture"], env) as running:
        running.expect("taking publishers")
        waited = asyncio.run(film_an_outage(env, running))
    before = ask(env, COUNTS)[0][1]
    with started([sys.executable, MANAGE, "capture"], env) as running:
        running.expect("taking publishers")
        rows = ask(env, PICTURES)
        running.end(signal.SIGTERM)
    sequence = [row for row in rows if not row[0]]
    [overlay] = [row for row in rows if row[0]]
    numbers = [frame_number(env, bucket, blob) for _, _, bucket, blob in sequence]
    # Of what the journal holds, one or the other may have had its row already.
    assert waited >= 4 and before + 3 <= len(sequence) <= before + waited
    assert [row[1] for row in sequence] == list(range(1, len(sequence) + 1))
    assert numbers == sorted(set(numbers))
    assert frame_number(env, *overlay[2:]) == numbers[-1]
    expected, captured, skipped = ask(env, COUNTS)[0]
    assert captured == len(sequence) and expected == captured + skipped
    assert spooled(env) == in_journal(env) == 0
    assert not Path(env["SNAP_DATA_DIR"], "spool", "aside").exists()
