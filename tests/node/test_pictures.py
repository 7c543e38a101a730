"""From a publisher's packets to stored pictures."""

import hashlib
import io
from datetime import timedelta

from PIL import Image

from jobs.models import Job, Snapshot
from snapplatform.media import scene
from snapplatform.storage.buckets import store_of
from tests.node.conftest import pictures
from tests.node.encoder import Encoder


def image_of(snapshot: Snapshot) -> Image.Image:
    with store_of(snapshot.object.bucket).open(snapshot.object.blob) as file:
        data = file.read()
    assert hashlib.sha256(data).hexdigest() == snapshot.object.sha256
    assert len(data) == snapshot.object.size
    return Image.open(io.BytesIO(data))


def frame_number(snapshot: Snapshot) -> int | None:
    return scene.read_frame_number(image_of(snapshot))


async def test_the_first_picture_comes_at_the_first_keyframe(node, make_job, ask, footage):
    job = await make_job(interval_ms=60_000)
    async with Encoder(node.rtmp_port, "cam") as encoder:
        await encoder.video(*footage)
        [snapshot] = await ask(lambda: pictures(job))
        assert await node.database.run(frame_number, snapshot) in (0, 5, 10)
        assert (snapshot.width, snapshot.height) == (320, 180)
        assert snapshot.stored_at - snapshot.frame_at < timedelta(seconds=2.5)  # five times the aim
        assert snapshot.object.key == f"{job.pk}/000001.jpg"


async def test_every_tick_with_a_new_keyframe_gives_a_picture(node, make_job, ask, footage):
    config, packets = footage
    job = await make_job()
    async with Encoder(node.rtmp_port, "cam") as encoder:
        for number in range(3):
            await encoder.video(config, packets[number * 5 : number * 5 + 5], at=0)
            await ask(lambda count=number + 1: len(pictures(job)) >= count)
        numbers = [await node.database.run(frame_number, item) for item in await ask(lambda: pictures(job))]
    assert numbers == [0, 5, 10]
    assert await ask(lambda: Job.objects.filter(pk=job.pk, captured=3).first())


async def test_ticks_without_a_new_keyframe_are_counted_as_skipped(node, make_job, ask, footage):
    config, packets = footage
    job = await make_job()
    async with Encoder(node.rtmp_port, "cam") as encoder:
        await encoder.video(config, packets[:5])
        await ask(lambda: job.skips.filter(reason="no new keyframe", count__gte=1).exists())
        assert len(await ask(lambda: pictures(job))) == 1


async def test_the_overwrite_object_is_one_row_with_the_newest_bytes(node, make_job, ask, footage):
    config, packets = footage
    job = await make_job(overwrite_format="{JobId}.jpg")
    async with Encoder(node.rtmp_port, "cam") as encoder:
        for number in range(2):
            await encoder.video(config, packets[number * 5 : number * 5 + 5])
            await ask(lambda count=number + 1: len(pictures(job)) >= count)
        overlay = await node.database.run(
            Snapshot.objects.select_related("object__bucket").get, job=job, is_overlay=True
        )
    newest = (await ask(lambda: pictures(job)))[-1]
    assert await node.database.run(frame_number, overlay) == 5
    assert overlay.object.sha256 == newest.object.sha256
    assert overlay.timestamp == newest.timestamp - 1


async def test_exact_takes_the_newest_frame_of_the_gop(node, make_job, ask, footage):
    config, packets = footage
    async with Encoder(node.rtmp_port, "cam") as encoder:
        await encoder.video(config, packets[:4])
        await ask(lambda: node.hub.streams() and len(node.hub.streams()[0].ring.gop()) == 4)
        job = await make_job(capture="exact")
        [snapshot] = await ask(lambda: pictures(job))
    assert await node.database.run(frame_number, snapshot) == 3


async def test_jobs_of_one_stream_share_one_decode(node, make_job, ask, footage):
    jobs = [await make_job(interval_ms=60_000) for _ in range(3)] + [
        await make_job(interval_ms=60_000, width=160)
    ]
    async with Encoder(node.rtmp_port, "cam") as encoder:
        await ask(lambda: len(node.roster._runners) == 4)
        await encoder.video(*footage)
        for job in jobs:
            await ask(lambda job=job: pictures(job))
    assert node.pool.stats.taken == 1
    assert (await ask(lambda: pictures(jobs[3])))[0].width == 160


async def test_unwanted_pictures_are_counted_and_not_stored(node, make_job, ask, footage):
    config, packets = footage
    job = await make_job(job={"skip_flags": ["duplicate"]})
    async with Encoder(node.rtmp_port, "cam") as encoder:
        for count in (1, 2):
            await encoder.video(config, packets[:5])
            await ask(lambda count=count: Job.objects.get(pk=job.pk).expected >= count and pictures(job))
        await ask(lambda: job.skips.filter(reason="duplicate").exists())
        assert len(await ask(lambda: pictures(job))) == 1


async def test_a_name_that_holds_other_bytes_is_skipped(node, make_job, ask, footage):
    config, packets = footage
    first = await make_job(interval_ms=60_000, sequence_format="all/{Sequence}.jpg")
    second = await make_job(interval_ms=60_000, sequence_format="all/{Sequence}.jpg", width=160)
    async with Encoder(node.rtmp_port, "cam") as encoder:
        await encoder.video(config, packets)
        await ask(
            lambda: (
                sum(job.skips.filter(reason="name taken").count() for job in (first, second)) == 1
                and len(pictures(first)) + len(pictures(second)) == 1
            )
        )
