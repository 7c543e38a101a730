"""Encoders that misbehave, jobs that change, peers that may not publish."""

from django.db import OperationalError
from django.db.models import F

from jobs.models import Job
from jobs.services import stop_job
from snapplatform import clock
from snapplatform.media import synthetic
from snapplatform.media.ring import Packet
from snapplatform.media.types import DecodeFailed
from snapplatform.node import heart, ingest
from snapplatform.storage.buckets import store_of
from snapplatform.storage.models import Garbage, StoredObject
from snapplatform.streams import live
from snapplatform.streams.models import Stream
from snapplatform.streams.services import create_stream_key
from templates.services import update_template
from tests.node.conftest import pictures
from tests.node.encoder import Encoder
from tests.node.test_pictures import frame_number


async def test_an_encoder_that_drops_and_comes_back_goes_on_in_the_same_job(node, make_job, ask, footage):
    config, packets = footage
    job = await make_job()
    async with Encoder(node.rtmp_port, "cam") as encoder:
        await encoder.video(config, packets[:5])
        await ask(lambda: len(pictures(job)) == 1)
        encoder.abort()
        await ask(lambda: Stream.objects.get(pk=job.stream_id).state == "offline")
        row = await ask(lambda: Job.objects.get(pk=job.pk))
        assert (row.status, row.waiting) == ("started", "stream offline")
    async with Encoder(node.rtmp_port, "cam") as encoder:
        await encoder.video(config, packets[5:10])
        assert await node.database.run(frame_number, (await ask(lambda: pictures(job)[1:]))[0]) == 5
        assert [item.sequence for item in await ask(lambda: pictures(job))] == [1, 2]
        assert (await ask(lambda: Stream.objects.get(pk=job.stream_id))).epoch == 2


async def test_audio_alone_ends_in_a_clear_reason(node, make_job, ask):
    job = await make_job()
    async with Encoder(node.rtmp_port, "cam") as encoder:
        await encoder.sound(40)
        await ask(lambda: Job.objects.get(pk=job.pk).waiting == "no video")
        await ask(lambda: job.skips.filter(reason="no video").exists())
        assert (await ask(lambda: Stream.objects.get(pk=job.stream_id, state="live"))).epoch == 1


async def test_a_new_resolution_in_mid_stream_gives_right_pictures(
    node, make_job, ask, footage, wide_footage
):
    job = await make_job()
    async with Encoder(node.rtmp_port, "cam") as encoder:
        await encoder.video(footage[0], footage[1][:5])
        await ask(lambda: len(pictures(job)) == 1)
        await encoder.video(*wide_footage, at=1000)
        _, second = await ask(lambda: len(found := pictures(job)) == 2 and found)
    assert (second.width, second.height) == (640, 360)
    assert await node.database.run(frame_number, second) == 100


async def test_gops_of_ten_seconds_give_a_picture_each(node, make_job, ask):
    config, packets = synthetic.encode_sample(
        synthetic.Camera(width=320, height=180, fps=2, gop_seconds=10.0), 40
    )
    job = await make_job(interval_ms=1000)
    async with Encoder(node.rtmp_port, "cam") as encoder:
        for start in (0, 20):
            await encoder.video(config, packets[start : start + 20])
            await ask(lambda count=start // 20 + 1: len(pictures(job)) == count)
        numbers = [await node.database.run(frame_number, item) for item in await ask(lambda: pictures(job))]
        await ask(lambda: job.skips.filter(reason="no new keyframe").exists())
    assert numbers == [0, 20]


async def test_a_codec_we_cannot_decode_is_named(node, make_job, ask):
    job = await make_job()
    async with Encoder(node.rtmp_port, "cam") as encoder:
        await encoder._send([(9, 0, b"\x12\x00\x00" + bytes(100))])
        await ask(lambda: Job.objects.get(pk=job.pk).waiting == "unsupported video codec h263")


async def test_damaged_pictures_are_skipped_and_the_next_good_one_is_taken(node, make_job, ask, footage):
    config, packets = footage
    job = await make_job()
    broken = [Packet(0, 0, True, b"\0\0\0\x05\x65abcd", 0.0)]
    async with Encoder(node.rtmp_port, "cam") as encoder:
        await encoder.video(config, broken)
        await ask(lambda: job.skips.filter(reason__startswith="decode:").exists())
        await encoder.video(config, packets[:5])
        assert await ask(lambda: pictures(job))


async def test_a_second_publisher_of_a_name_is_refused(node, make_job, ask, footage):
    await make_job()
    async with Encoder(node.rtmp_port, "cam") as first, Encoder(node.rtmp_port, "cam") as second:
        assert first.accepted
        assert b"NetStream.Publish.BadName" in second.status
        await first.video(*footage)
        await ask(lambda: Stream.objects.filter(name="cam", state="live", epoch=1).exists())


async def test_an_encoder_that_lost_its_network_may_come_back_at_once(
    node, principal, ask, footage, monkeypatch
):
    monkeypatch.setattr(ingest, "SILENT_SECONDS", 0.2)
    async with Encoder(node.rtmp_port, "cam") as first:
        await first.video(*footage)
        await ask(lambda: clock.monotonic() - node.hub.streams()[0].touched > 0.2)
        async with Encoder(node.rtmp_port, "cam") as second:
            assert second.accepted
            stream = await ask(lambda: Stream.objects.filter(name="cam", state="live", epoch=2).first())
            assert stream is not None


async def test_a_key_names_the_account_and_a_wrong_one_is_refused(node, ask, principal, other_principal):
    _, text = await node.database.run(lambda: create_stream_key(principal=other_principal, label="k"))
    async with Encoder(node.rtmp_port, f"cam?key={text}") as encoder:
        assert encoder.accepted
        stream = await ask(lambda: Stream.objects.filter(name="cam").first())
        assert stream.account_id == other_principal.account_id
    async with Encoder(node.rtmp_port, "cam2?key=sk_wrong") as encoder:
        assert b"NetStream.Publish.Unauthorized" in encoder.status


async def test_without_the_open_default_a_key_is_needed(node, principal, settings):
    settings.SNAP = settings.SNAP.__class__(**{**vars(settings.SNAP), "ingest_open": False})
    async with Encoder(node.rtmp_port, "cam") as encoder:
        assert b"NetStream.Publish.Unauthorized" in encoder.status


async def test_bad_names_are_refused_with_a_reason(node, principal):
    for name in ("a/../b", "x" * 300, "<script>"):
        async with Encoder(node.rtmp_port, name) as encoder:
            assert b"NetStream.Publish.BadName" in encoder.status


async def test_template_changes_reach_running_jobs(node, make_job, ask, footage, principal):
    config, packets = footage
    job = await make_job()
    async with Encoder(node.rtmp_port, "cam") as encoder:
        await encoder.video(config, packets[:5])
        await ask(lambda: len(pictures(job)) == 1)
        change = {"width": 160, "image_format": "png", "sequence_format": "{JobId}/{Sequence}.png"}
        await node.database.run(
            lambda: update_template(principal=principal, template_id=job.template_id, **change)
        )
        await ask(lambda: next(iter(node.roster._runners.values())).spec.width == 160)
        await encoder.video(config, packets[5:10])
        second = (await ask(lambda: pictures(job)[1:]))[0]
    assert (second.width, second.object.content_type) == (160, "image/png")


async def test_a_stopped_job_takes_no_more_pictures(node, make_job, ask, footage, principal):
    config, packets = footage
    job = await make_job()
    async with Encoder(node.rtmp_port, "cam") as encoder:
        await encoder.video(config, packets[:5])
        await ask(lambda: len(pictures(job)) == 1)
        await node.database.run(lambda: stop_job(principal=principal, job_id=job.pk))
        await ask(lambda: node.roster.running == 0)
        await encoder.video(config, packets[5:])
        await ask(lambda: node.hub.streams()[0].frames == len(packets))
        assert node.pool.stats.taken == 1


async def test_replaced_files_do_not_stay(node, make_job, ask, footage):
    config, packets = footage
    job = await make_job(sequence_format="", overwrite_format="{JobId}.jpg")
    async with Encoder(node.rtmp_port, "cam") as encoder:
        for start in (0, 5, 10):
            await encoder.video(config, packets[start : start + 5])
            await ask(lambda count=start // 5 + 1: Job.objects.get(pk=job.pk).captured >= count)
    await ask(lambda: not Garbage.objects.exists())
    stored = await ask(lambda: StoredObject.objects.select_related("bucket").get())
    folder = store_of(stored.bucket).root
    assert [file for file in folder.rglob("*") if file.is_file()] == [folder / stored.blob]


async def test_stopping_the_node_puts_its_streams_offline(node, make_job, ask, footage):
    job = await make_job()
    async with Encoder(node.rtmp_port, "cam") as encoder:
        await encoder.video(*footage)
        await ask(lambda: pictures(job))
        await node._server.close()
        await ask(lambda: Stream.objects.get(pk=job.stream_id).state == "offline")
        await ask(lambda: Job.objects.get(pk=job.pk).waiting == "stream offline")


async def test_a_stream_that_could_not_be_put_offline_may_be_published_again(
    node, make_job, ask, footage, monkeypatch
):
    real, calls = live.go_offline, []

    def broken(held, reason):
        calls.append(held)
        if len(calls) == 1:
            raise OperationalError("the database restarts")
        return real(held, reason)

    monkeypatch.setattr(ingest.live, "go_offline", broken)
    for epoch in (1, 2):
        async with Encoder(node.rtmp_port, "cam") as encoder:
            assert encoder.accepted
            await encoder.video(*footage)
            await ask(
                lambda epoch=epoch: Stream.objects.filter(name="cam", state="live", epoch=epoch).exists()
            )
        await ask(lambda: not node.hub.streams())
    await ask(lambda: Stream.objects.filter(name="cam", state="offline").exists())


async def test_a_stream_taken_over_elsewhere_is_let_go(node, ask, principal, footage, monkeypatch):
    monkeypatch.setattr(heart.nodes, "BEAT_SECONDS", 0.1)
    async with Encoder(node.rtmp_port, "cam") as encoder:
        await encoder.video(*footage)
        await ask(lambda: Stream.objects.filter(name="cam").update(epoch=7) == 1)
        await ask(lambda: not node.hub.streams())


async def test_what_is_expected_is_captured_or_skipped(node, make_job, ask, footage, principal):
    config, packets = footage
    job = await make_job()
    for start in (0, 5):
        async with Encoder(node.rtmp_port, "cam") as encoder:
            await encoder.video(config, packets[start : start + 5])
            await ask(lambda count=start // 5 + 1: len(pictures(job)) == count)
            await ask(lambda: job.skips.filter(reason="no new keyframe").exists())
        await ask(lambda: not node.roster.running)
    await node.database.run(lambda: stop_job(principal=principal, job_id=job.pk))
    row = await ask(lambda: Job.objects.filter(pk=job.pk, expected=F("captured") + F("skipped")).first())
    assert row.captured == 2


async def test_times_that_jump_back_go_on_in_the_ring(node, ask, principal, footage):
    config, packets = footage
    async with Encoder(node.rtmp_port, "cam") as encoder:
        await encoder.video(config, packets[:3], at=100_000)
        await encoder.video(config, packets[3:5], at=0)
        await ask(lambda: node.hub.streams() and len(node.hub.streams()[0].ring.gop()) == 5)
        times = [packet.dts_ms for packet in node.hub.streams()[0].ring.gop()]
    assert times == sorted(set(times))


async def test_a_stream_that_kills_decoders_is_left_alone(node, make_job, ask, footage, monkeypatch):
    config, packets = footage
    job = await make_job()

    async def dies(request, deadline=None):
        raise DecodeFailed("died", "the process ended")

    monkeypatch.setattr(node.pool, "take", dies)
    async with Encoder(node.rtmp_port, "cam") as encoder:
        for count in (1, 2, 3):
            await encoder.video(config, packets[:5])
            await ask(lambda count=count: job.skips.filter(reason="decode: died", count__gte=count).exists())
        await ask(lambda: job.skips.filter(reason="quarantined").exists())
        assert (await ask(lambda: job.skips.get(reason="decode: died"))).count == 3
