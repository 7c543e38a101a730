"""The database goes away and comes back: pictures wait, and none is lost."""

import psycopg
import pytest
from django.db import OperationalError, connection

from jobs import publishing
from jobs.models import Job
from snapplatform.node import writer
from snapplatform.storage.models import Garbage
from tests.node.conftest import pictures
from tests.node.encoder import Encoder


async def test_pictures_wait_while_the_database_is_away(node, make_job, ask, footage, monkeypatch):
    config, packets = footage
    job = await make_job(interval_ms=60_000)
    real, calls = publishing.publish, []

    def away(*args, **kwargs):
        calls.append(args)
        if len(calls) < 3:
            raise OperationalError("the connection is closed")
        return real(*args, **kwargs)

    monkeypatch.setattr(writer.publishing, "publish", away)
    async with Encoder(node.rtmp_port, "cam") as encoder:
        await encoder.video(config, packets)
        assert await ask(lambda: pictures(job))
    assert len(calls) == 3


async def test_one_bad_picture_does_not_hold_up_the_others(node, make_job, ask, footage, monkeypatch):
    config, packets = footage
    good, bad = await make_job(interval_ms=60_000), await make_job(interval_ms=60_000)
    real = publishing.publish

    def picky(captures, counts, again=False):
        captures = list(captures)
        if any(item.job_id == bad.pk for item in captures):
            raise ValueError("not this one")
        return real(captures, counts, again=again)

    monkeypatch.setattr(writer.publishing, "publish", picky)
    async with Encoder(node.rtmp_port, "cam") as encoder:
        await encoder.video(config, packets)
        assert await ask(lambda: pictures(good))
        assert await ask(lambda: bad.skips.filter(reason="database error", count=1).exists())
    assert await ask(lambda: Job.objects.filter(pk=bad.pk, captured=0, skipped=1).exists())
    assert await ask(lambda: Garbage.objects.count() == 1)  # its bytes, for the sweeper


@pytest.fixture
def no_own_connection(node, make_job) -> None:
    """A pool of this test's own: earlier tests' threads may have left with connections, and a pool without a
    place left can't replace those that are cut."""
    connection.close()
    if connection.vendor == "postgresql":
        connection.close_pool()


@pytest.mark.postgres
async def test_a_cut_connection_is_replaced(node, make_job, ask, footage, no_own_connection):
    if connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL: set SNAP_TEST_DATABASE_URL")
    config, packets = footage
    job = await make_job()
    async with Encoder(node.rtmp_port, "cam") as encoder:
        await encoder.video(config, packets[:5])
        await ask(lambda: len(pictures(job)) == 1)
        await node.database.run(_cut_others, connection.settings_dict["NAME"])
        await encoder.video(config, packets[5:10])
        await ask(lambda: len(pictures(job)) == 2)


def _cut_others(name: str) -> None:
    settings = connection.settings_dict
    with psycopg.connect(
        host=settings["HOST"],
        port=settings["PORT"] or 5432,
        user=settings["USER"],
        dbname="postgres",
        autocommit=True,
    ) as other:
        other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
