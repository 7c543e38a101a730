"""Pictures that bucket or database don't take wait on disk, and are registered in order later."""

import asyncio
import json
import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import OperationalError
from django.db.models import F

from jobs import publishing
from jobs.models import Job, Snapshot
from jobs.services import stop_job
from snapplatform.node import keeping, main, replay, returning, writer
from snapplatform.storage import spool as spool_module
from snapplatform.storage.buckets import root_of
from snapplatform.storage.models import Bucket, StoredObject
from snapplatform.storage.services import create_bucket
from snapplatform.streams.models import Stream
from tests.node.conftest import pictures
from tests.node.encoder import Encoder
from tests.node.test_pictures import frame_number
from tests.unit.storage.small_disk import small_disk

BOTH = {"overwrite_format": "{JobId}/newest.jpg"}


@pytest.fixture(autouse=True)
def data_dir(settings, tmp_path, monkeypatch) -> Path:
    """A spool of the test's own, and a node that waits for less."""
    settings.SNAP = replace(settings.SNAP, data_dir=tmp_path)
    monkeypatch.setattr(writer, "BEHIND_SECONDS", 0.3)
    monkeypatch.setattr(writer, "RETRY_SECONDS", (0.1,))
    monkeypatch.setattr(replay, "RETRY_SECONDS", (0.1,))
    monkeypatch.setattr(replay, "LOOK_SECONDS", 0.05)
    return tmp_path


@pytest.fixture
def bucket(principal, tmp_path):
    """On a disk of its own, which tests take away."""
    (tmp_path / "disk").mkdir()
    made = create_bucket(principal=principal, name="pictures")
    Bucket.objects.filter(pk=made.pk).update(location=str(tmp_path / "disk"))
    made.refresh_from_db()
    return made


class Disk:
    """A bucket's disk: unmounted, its folder is not there."""

    def __init__(self, root: Path) -> None:
        self._root, self._away = root, root.with_name("away")

    def unmount(self) -> None:
        self._root.rename(self._away)

    def mount(self) -> None:
        self._away.rename(self._root)


@pytest.fixture
def disk(bucket) -> Disk:
    return Disk(root_of(bucket))


class Database:
    """Publishing answers as a database that is away does, while `away`."""

    def __init__(self, monkeypatch) -> None:
        self.away = False
        self.calls = 0
        real, works = publishing.publish, publishing.works

        def publish(*args, **kwargs):
            self.calls += 1
            if self.away:
                raise OperationalError("the connection is closed")
            return real(*args, **kwargs)

        monkeypatch.setattr(writer.publishing, "publish", publish)
        monkeypatch.setattr(writer.publishing, "works", works)


@pytest.fixture
def database(monkeypatch) -> Database:
    return Database(monkeypatch)


def spooled(data_dir: Path) -> list[Path]:
    return sorted(path for path in (data_dir / "spool").glob("*/*/*/*.json"))


async def until(true, patience: float = 20.0) -> None:
    async with asyncio.timeout(patience):
        while not true():
            await asyncio.sleep(0.02)


async def gops(encoder, footage, *numbers: int, at: int = 0) -> None:
    config, packets = footage
    for number in numbers:
        await encoder.video(config, packets[number * 5 : number * 5 + 5], at=at)


async def whole(ask, job, count: int) -> list[Snapshot]:
    """The pictures of the job: all there, each tick accounted for, and the files as their rows say."""
    await ask(
        lambda: Job.objects.filter(pk=job.pk, captured=count, expected=F("captured") + F("skipped")).exists()
    )
    found = await ask(lambda: pictures(job))
    assert [item.sequence for item in found] == list(range(1, count + 1))
    return found


async def test_a_bucket_that_comes_back_gets_what_waited_in_order(
    node, make_job, ask, footage, disk, data_dir, bucket
):
    job = await make_job(interval_ms=500, **BOTH)
    async with Encoder(node.rtmp_port, "cam") as encoder:
        await gops(encoder, footage, 0)
        await ask(lambda: len(pictures(job)) == 1)
        disk.unmount()
        for number in (1, 2):
            await gops(encoder, footage, number)
            await until(lambda count=number: len(spooled(data_dir)) == count)
        await until(lambda: node.spool.stats()["entries"] == 2)
        disk.mount()
        first, second, third = await whole(ask, job, 3)
        numbers = [await node.database.run(frame_number, item) for item in (first, second, third)]
        assert numbers == [0, 5, 10]
        newest = await ask(lambda: Snapshot.objects.select_related("object__bucket").get(is_overlay=True))
        assert await node.database.run(frame_number, newest) == 10
        assert first.stored_at < second.stored_at < third.stored_at
        await until(lambda: not spooled(data_dir))
    rows = await ask(lambda: set(StoredObject.objects.values_list("blob", flat=True)))
    root = root_of(bucket)
    await until(
        lambda: {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()} == rows
    )


async def test_newer_pictures_of_a_job_wait_behind_older_ones(
    node, make_job, ask, footage, disk, data_dir, monkeypatch
):
    monkeypatch.setattr(replay, "RETRY_SECONDS", (3.0,))  # the bucket is back before anybody looks
    job = await make_job(**BOTH)
    async with Encoder(node.rtmp_port, "cam") as encoder:
        disk.unmount()
        await gops(encoder, footage, 0)
        await until(lambda: len(spooled(data_dir)) == 1)
        await asyncio.sleep(0.2)
        disk.mount()
        await gops(encoder, footage, 1)
        await until(lambda: len(spooled(data_dir)) == 2)
        found = await whole(ask, job, 2)
        assert [await node.database.run(frame_number, item) for item in found] == [0, 5]


async def test_pictures_outlive_a_database_that_is_away(node, make_job, ask, footage, database, data_dir):
    job = await make_job(**BOTH)
    async with Encoder(node.rtmp_port, "cam") as encoder:
        await gops(encoder, footage, 0)
        await ask(lambda: len(pictures(job)) == 1)
        database.away = True
        await gops(encoder, footage, 1)
        await until(lambda: node.writer.behind)
        await gops(encoder, footage, 2)
        await until(lambda: len(spooled(data_dir)) == 1)
        await until(lambda: (node.writer.waiting, node.spool.stats()["entries"]) == (1, 1))
        database.away = False
        found = await whole(ask, job, 3)
        assert [await node.database.run(frame_number, item) for item in found] == [0, 5, 10]
        await until(lambda: not spooled(data_dir))


async def test_memory_holds_a_few_pictures_however_long_it_takes(
    node, make_job, ask, footage, database, data_dir, monkeypatch
):
    jobs = [await make_job(interval_ms=60_000) for _ in range(8)]
    monkeypatch.setattr(writer, "BEHIND_PICTURES", 1)
    database.away = True
    async with Encoder(node.rtmp_port, "cam") as encoder:
        await gops(encoder, footage, 0)
        await until(lambda: node.writer.waiting + len(spooled(data_dir)) == 8)
        database.away = False
        for job in jobs:
            await whole(ask, job, 1)


async def test_a_full_spool_skips_new_pictures_and_keeps_the_old(
    node, make_job, ask, footage, disk, data_dir, monkeypatch
):
    job = await make_job()
    async with Encoder(node.rtmp_port, "cam") as encoder:
        disk.unmount()
        await gops(encoder, footage, 0)
        await until(lambda: len(spooled(data_dir)) == 1)
        monkeypatch.setattr(node.spool, "_limit_bytes", 1)
        await gops(encoder, footage, 1)
        await ask(lambda: job.skips.filter(reason=keeping.SPOOL_FULL, count__gte=1).exists())
        assert node.pool.stats.taken == 1  # nothing is decoded that can't be kept
        disk.mount()
        await whole(ask, job, 1)
        monkeypatch.setattr(node.spool, "_limit_bytes", 10**9)
        await gops(encoder, footage, 2)
        await whole(ask, job, 2)


async def test_a_spool_that_can_not_write_is_named(node, make_job, ask, footage, disk, monkeypatch, data_dir):
    job = await make_job()
    full = spool_module.os.statvfs_result((4096, 4096, 10**6, 9, 9, *[0] * 5))
    monkeypatch.setattr(spool_module.os, "statvfs", lambda path: full)
    async with Encoder(node.rtmp_port, "cam") as encoder:
        disk.unmount()
        await gops(encoder, footage, 0)
        await ask(lambda: job.skips.filter(reason=keeping.NO_SPOOL, count__gte=1).exists())
        disk.mount()
        await gops(encoder, footage, 1)
        await whole(ask, job, 1)


async def test_a_bucket_that_will_not_come_back_is_no_reason_to_wait(
    node, make_job, ask, footage, monkeypatch, data_dir
):
    job = await make_job()
    refusal = keeping.StorageUnavailable("the bucket's disk is mounted read-only", temporary=False)

    def refuse(*args):
        raise refusal

    monkeypatch.setattr(keeping, "write", refuse)
    async with Encoder(node.rtmp_port, "cam") as encoder:
        await gops(encoder, footage, 0)
        await ask(lambda: job.skips.filter(reason=keeping.NO_STORAGE, count__gte=1).exists())
    assert not spooled(data_dir)


@pytest.mark.parametrize("change", ["epoch", "run"])
async def test_what_waited_too_long_is_set_aside_with_its_reason(
    node, make_job, ask, footage, disk, data_dir, principal, change
):
    job = await make_job()
    async with Encoder(node.rtmp_port, "cam") as encoder:
        disk.unmount()
        await gops(encoder, footage, 0)
        await until(lambda: len(spooled(data_dir)) == 1)
        if change == "epoch":
            await ask(lambda: Stream.objects.filter(pk=job.stream_id).update(epoch=F("epoch") + 1))
        else:
            await node.database.run(lambda: stop_job(principal=principal, job_id=job.pk))
        disk.mount()
        reason = publishing.STALE_EPOCH if change == "epoch" else publishing.NOT_STARTED
        await ask(lambda: job.skips.filter(reason=reason, count=1).exists())
        aside = data_dir / "spool" / "aside"
        await until(lambda: len(list(aside.glob("*.reason"))) == 1)
        assert [path.read_text().strip() for path in aside.glob("*.reason")] == [reason]
        assert len(list(aside.glob("*.jpg"))) == 1
        assert not await node.database.run(Snapshot.objects.exists)
        assert (node.spool.stats()["entries"], node.spool.stats()["refused"]) == (0, 1)


async def test_a_damaged_entry_holds_up_no_other(node, make_job, ask, footage, disk, data_dir):
    job = await make_job()
    async with Encoder(node.rtmp_port, "cam") as encoder:
        disk.unmount()
        for number in (0, 1, 2):
            await gops(encoder, footage, number)
            await until(lambda count=number + 1: len(spooled(data_dir)) == count)
        first, second, _ = spooled(data_dir)
        first.write_text("{")
        facts = json.loads(second.read_text())
        facts["item"]["version"] = 99
        second.write_text(json.dumps(facts))
        disk.mount()
        [picture] = await whole(ask, job, 1)
        assert await node.database.run(frame_number, picture) == 10
        reasons = {path.read_text().strip() for path in (data_dir / "spool/aside").glob("*.reason")}
        assert reasons == {
            "damaged: its sidecar can't be read",
            "damaged: version 99 is not understood, but 1",
        }


async def test_a_picture_that_was_registered_already_is_not_registered_again(
    node, make_job, ask, footage, disk, data_dir, monkeypatch
):
    """The process dies after the commit and before the entry is gone: here, its removal fails."""
    real, failed = returning.Returning._finish, []

    def fails(self, lane, placed, reasons):
        if not failed:
            failed.append(reasons)
            raise returning.StorageUnavailable("the disk went away")
        real(self, lane, placed, reasons)

    monkeypatch.setattr(returning.Returning, "_finish", fails)
    job = await make_job(**BOTH)
    async with Encoder(node.rtmp_port, "cam") as encoder:
        disk.unmount()
        await gops(encoder, footage, 0)
        await until(lambda: len(spooled(data_dir)) == 1)
        disk.mount()
        await until(lambda: failed and not spooled(data_dir))
    assert failed == [[""]]
    await whole(ask, job, 1)
    assert await ask(lambda: StoredObject.objects.count() == 2)


async def test_the_next_process_registers_what_was_left(node, make_job, footage, disk, data_dir):
    job = await make_job()
    async with Encoder(node.rtmp_port, "cam") as encoder:
        disk.unmount()
        for number in (0, 1):
            await gops(encoder, footage, number)
            await until(lambda count=number + 1: len(spooled(data_dir)) == count)
        node.replay.end()
        await until(lambda: not node.replay._tasks)
        with open(os.devnull) as nothing:  # the lock goes, as it does when the process dies
            os.dup2(nothing.fileno(), node.spool._own._lock)
        disk.mount()
        after = main.CaptureNode(main.Options("127.0.0.1", 0, decoders=1))
        await after.start()
        try:
            found = await after.database.run(pictures, job)
            assert [await after.database.run(frame_number, item) for item in found] == [0, 5]
        finally:
            await after.stop()
    assert not spooled(data_dir)


async def test_the_healthy_node_writes_nothing_into_the_spool_but_its_journal(
    node, make_job, ask, footage, data_dir, monkeypatch
):
    def never(*args):
        raise AssertionError("an outage's work was done")

    for name in ("add", "sync", "set_aside"):
        monkeypatch.setattr(node.spool, name, never)
    job = await make_job()
    async with Encoder(node.rtmp_port, "cam") as encoder:
        await gops(encoder, footage, 0, 1, 2)
        await ask(lambda: pictures(job))
    assert {path.name for path in (data_dir / "spool").glob("*/*")} == {"journal", "lock"}


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small disk")
async def test_a_disk_that_is_full_leaves_whole_files_and_gets_what_waited(
    node, make_job, ask, footage, tmp_path, data_dir
):
    with small_disk(tmp_path / "disk", 1_000_000) as root:
        job = await make_job()
        async with Encoder(node.rtmp_port, "cam") as encoder:
            await gops(encoder, footage, 0)
            await ask(lambda: len(pictures(job)) == 1)
            stood = {path for path in root.rglob("*") if path.is_file()}
            filling = root / "filling"
            with filling.open("wb", buffering=0) as file, suppress(OSError):
                while file.write(bytes(4096)):
                    pass
            await gops(encoder, footage, 1)
            await until(lambda: len(spooled(data_dir)) == 1)
            assert {path for path in root.rglob("*") if path.is_file()} == stood | {filling}
            filling.unlink()
            found = await whole(ask, job, 2)
            assert [await node.database.run(frame_number, item) for item in found] == [0, 5]
