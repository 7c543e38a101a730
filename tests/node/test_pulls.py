"""Pulled streams: opened while somebody wants them, connected again when they went away."""

import asyncio
import time
from dataclasses import replace

import pytest

from jobs.models import Job
from jobs.services import stop_job
from snapplatform.access.secrets import encrypt
from snapplatform.net.ending import EndKind
from snapplatform.node import leases, puller, retries, visits
from snapplatform.node.openers import openers
from snapplatform.streams.models import Stream
from snapplatform.streams.services import delete_stream, update_stream
from tests.node.conftest import pictures
from tests.node.encoder import Encoder
from tests.node.test_pictures import frame_number
from tests.unit.rtmp.nginx import free_port
from tests.unit.rtmp.pulling import PLAYING, QUICK, every, saying, scripted
from tests.unit.rtmp.wire import AAC_HEADER, Writer

SECRET = "9c1-auth-SECRET"


def row(job: Job) -> Stream:
    return Stream.objects.get(pk=job.stream_id)


def stands(job: Job, state: str, reason: str = "") -> bool:
    """Whether stream and job say so."""
    found = Stream.objects.filter(pk=job.stream_id, state=state, offline_reason=reason)
    return found.exists() and Job.objects.filter(pk=job.pk, waiting=reason).exists()


@pytest.fixture
def quick(monkeypatch) -> None:
    monkeypatch.setattr(leases, "LINGER_SECONDS", 0.2)
    monkeypatch.setattr(retries, "WAITS", (0.1,))


async def test_a_started_job_opens_its_source_and_gets_pictures(node, pulled, ask, footage, source):
    config, packets = footage
    async with Encoder(source, "cam") as encoder:
        await encoder.video(config, packets[:5])
        job = await pulled(f"rtmp://127.0.0.1:{source}/live/cam?auth_key={SECRET}")
        [first] = await ask(lambda: pictures(job))
        assert await node.database.run(frame_number, first) == 0
        await encoder.video(config, packets[5:10], at=1000)
        second = (await ask(lambda: pictures(job)[1:]))[0]
        assert await node.database.run(frame_number, second) == 5
        await ask(lambda: stands(job, "live"))
        stream = await ask(lambda: row(job))
        assert (stream.epoch, stream.node_id) == (1, node.node_id)


async def test_a_stream_that_nobody_wants_is_let_go(quick, node, pulled, principal, ask, footage, source):
    async with Encoder(source, "cam") as encoder:
        await encoder.video(*footage)
        job = await pulled(f"rtmp://127.0.0.1:{source}/live/cam")
        await ask(lambda: pictures(job))
        await node.database.run(stop_job, principal=principal, job_id=job.pk)
        stream = await ask(lambda: Stream.objects.filter(pk=job.stream_id, state="offline").first())
        assert (stream.node_id, stream.offline_reason) == (None, "not wanted")
        assert not node.hub.streams()


async def test_a_source_that_ends_and_comes_back_goes_on_in_the_same_job(
    quick, node, pulled, ask, footage, source
):
    config, packets = footage
    async with Encoder(source, "cam") as encoder:
        await encoder.video(config, packets[:5])
        job = await pulled(f"rtmp://127.0.0.1:{source}/live/cam")
        await ask(lambda: pictures(job))
    await ask(lambda: row(job).offline_reason in ("ended at the source", "stream not found there"))
    await ask(lambda: stands(job, "opening", "stream not found there"))
    await ask(lambda: job.skips.filter(reason="stream not found there").exists())
    async with Encoder(source, "cam") as encoder:
        await encoder.video(config, packets[5:10])
        second = (await ask(lambda: pictures(job)[1:]))[0]
        assert await node.database.run(frame_number, second) == 5
        await ask(lambda: stands(job, "live"))
        assert (await ask(lambda: row(job))).epoch == 1


async def test_a_port_that_refuses_is_told(quick, node, pulled, ask, loopback_allowed, caplog):
    job = await pulled(f"rtmp://127.0.0.1:{free_port()}/live/cam?key={SECRET}")
    await ask(lambda: stands(job, "opening", "connection refused"))
    await ask(lambda: job.skips.filter(reason="connection refused").exists())
    assert "connection refused; trying again" in caplog.text
    assert SECRET not in caplog.text


async def test_a_private_network_is_refused_when_the_name_is_looked_up(quick, node, pulled, ask):
    job = await pulled("rtmp://localhost:2935/live/cam")
    await ask(lambda: stands(job, "opening", "address refused: this machine"))


async def test_a_name_that_nobody_knows_is_told(quick, node, pulled, ask):
    job = await pulled("rtmp://nothing.invalid/live/cam")
    await ask(lambda: stands(job, "opening", "host not found"))


async def test_sound_alone_is_no_video(quick, node, pulled, ask, loopback_allowed):
    node.leases._table = openers(replace(QUICK, video_seconds=1.0))
    sound = Writer().message(4, 8, 0, 1, AAC_HEADER)
    async with scripted(every(0.05, sound, before=PLAYING)) as port:
        job = await pulled(f"rtmp://127.0.0.1:{port}/live/cam")
        await ask(lambda: stands(job, "opening", "no video"))


async def test_a_server_that_says_nothing_times_out(quick, node, pulled, ask, loopback_allowed):
    node.leases._table = openers(QUICK)
    async with scripted(saying(b"")) as port:
        job = await pulled(f"rtmp://127.0.0.1:{port}/live/cam")
        await ask(lambda: stands(job, "opening", "timed out"))


async def test_another_protocol_is_not_understood(quick, node, pulled, ask, loopback_allowed):
    async with scripted(saying(b"HTTP/1.1 400 Bad Request\r\n" * 100)) as port:
        job = await pulled(f"rtmp://127.0.0.1:{port}/live/cam")
        await ask(lambda: stands(job, "opening", "not understood"))


async def test_a_secret_of_another_key_is_told(quick, node, pulled, ask, settings, loopback_allowed):
    job = await pulled(f"rtmp://127.0.0.1:{free_port()}/live/cam?key={SECRET}")
    own = settings.SNAP
    settings.SNAP = replace(own, encryption_keys=["KsjPnJZ4mBqtNqlUA2gkEa1bp25e3XWwDFzNAYMHVbI="])
    foreign = encrypt(f"rtmp://127.0.0.1:1/live/cam?key={SECRET}")
    settings.SNAP = own
    await ask(lambda: Stream.objects.update(source_encrypted=foreign))
    await ask(lambda: stands(job, "opening", "credentials unreadable"))


async def test_a_new_source_is_connected_to_at_once(
    monkeypatch, node, pulled, principal, ask, footage, source
):
    """Though the old one's next attempt is far away."""
    monkeypatch.setattr(retries, "WAITS", (600.0,))
    job = await pulled(f"rtmp://127.0.0.1:{free_port()}/live/cam")
    await ask(lambda: stands(job, "opening", "connection refused"))
    async with Encoder(source, "cam") as encoder:
        await encoder.video(*footage)
        url = f"rtmp://127.0.0.1:{source}/live/cam"
        change = {"principal": principal, "stream_id": job.stream_id, "source_url": url}
        await ask(lambda: update_stream(**change))
        await ask(lambda: pictures(job))
        assert (await ask(lambda: row(job))).epoch == 1


async def test_a_silent_source_is_left_within_a_moment(node, pulled, principal, ask, loopback_allowed):
    left = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.read(-1)
        finally:
            left.set()

    async with scripted(silent) as port:
        job = await pulled(f"rtmp://127.0.0.1:{port}/live/cam")
        [pull] = await ask(lambda: list(node.leases._pulls.values()))
        await ask(lambda: row(job).state == "opening")
        began = time.monotonic()
        pull.stop("stopped")
        async with asyncio.timeout(10):
            await left.wait()
        assert time.monotonic() - began < 1.0  # five times the aim


async def test_a_deleted_stream_is_dropped(quick, node, pulled, principal, ask, footage, source):
    async with Encoder(source, "cam") as encoder:
        await encoder.video(*footage)
        job = await pulled(f"rtmp://127.0.0.1:{source}/live/cam")
        await ask(lambda: node.hub.streams())
        await node.database.run(stop_job, principal=principal, job_id=job.pk)
        await ask(lambda: Job.objects.filter(pk=job.pk).delete())
        await ask(lambda: delete_stream(principal=principal, stream_id=job.stream_id) is None)
        await ask(lambda: not node.hub.streams())


async def test_a_disabled_account_s_source_is_left(node, pulled, principal, ask, footage, source):
    async with Encoder(source, "cam") as encoder:
        await encoder.video(*footage)
        job = await pulled(f"rtmp://127.0.0.1:{source}/live/cam")
        await ask(lambda: pictures(job))
        await ask(lambda: type(job.account).objects.update(status="disabled"))
        await ask(lambda: row(job).offline_reason == "the account is disabled")
        assert not node.hub.streams()


async def test_nobody_publishes_what_is_pulled(node, pulled, ask, loopback_allowed):
    await pulled(f"rtmp://127.0.0.1:{free_port()}/live/cam")
    async with Encoder(node.rtmp_port, "cam") as encoder:
        assert not encoder.accepted


async def test_a_node_that_is_cut_off_lets_go_and_takes_up_again(node, pulled, ask, footage, source):
    """Under the same epoch, if nobody took the stream: its pictures on their way stay good."""
    config, packets = footage
    async with Encoder(source, "cam") as encoder:
        await encoder.video(config, packets[:5])
        job = await pulled(f"rtmp://127.0.0.1:{source}/live/cam")
        await ask(lambda: pictures(job))
        node.lease.ends = float("-inf")  # as if no beat had got through for long
        node.lease._lapse()
        [pull] = node.leases._pulls.values()
        assert pull._task is None
        assert pull.reason == "node cut off"
        node.lease.renew(time.monotonic())
        await ask(lambda: stands(job, "live"))
        await encoder.video(config, packets[5:10], at=1000)
        await ask(lambda: len(pictures(job)) >= 2)
        assert (await ask(lambda: row(job))).epoch == 1


async def test_a_node_that_stops_gives_its_streams_away(node, pulled, ask, footage, source):
    async with Encoder(source, "cam") as encoder:
        await encoder.video(*footage)
        job = await pulled(f"rtmp://127.0.0.1:{source}/live/cam")
        await ask(lambda: pictures(job))
        for task in node.tasks:
            if task.get_coro().__qualname__ == "Leases.run":
                task.cancel()  # or it would take the stream again
        node.leases.close()
        await node.leases.release()
        stream = await ask(lambda: row(job))
        assert (stream.state, stream.node_id, stream.offline_reason) == ("offline", None, "its node stops")
        assert (await ask(lambda: Job.objects.get(pk=job.pk))).waiting == "no capture node"


async def test_a_node_that_drains_gives_its_streams_away_and_takes_none(node, pulled, ask, footage, source):
    async with Encoder(source, "cam") as encoder:
        await encoder.video(*footage)
        job = await pulled(f"rtmp://127.0.0.1:{source}/live/cam")
        await ask(lambda: pictures(job))
        await node.drain.heed(True)
        await ask(lambda: Stream.objects.filter(pk=job.stream_id, node=None, state="offline").exists())
        assert (await ask(lambda: row(job))).offline_reason == "its node drains"
        assert not node.hub.streams()
        await node.drain.heed(False)
        await ask(lambda: stands(job, "live"))
        assert (await ask(lambda: row(job))).epoch == 2


async def test_far_apart_pictures_are_fetched_one_by_one(
    quick, monkeypatch, node, pulled, ask, footage, source
):
    monkeypatch.setattr(visits, "LONG_SECONDS", 0.4)
    monkeypatch.setattr(visits, "HANDSHAKE_BYTES", 0)
    monkeypatch.setattr(puller, "PACE_SECONDS", 0.5)
    monkeypatch.setattr(puller, "REST_AFTER_SECONDS", 0.1)
    config, packets = footage
    client = node.leases._table["rtmp"].args[0]

    async def publish(encoder: Encoder) -> None:
        for number in range(300):
            await encoder.video(config, packets[:5], at=100 * number)
            await asyncio.sleep(0.1)

    async with Encoder(source, "cam") as encoder:
        publishing = asyncio.create_task(publish(encoder))
        job = await pulled(f"rtmp://127.0.0.1:{source}/live/cam", interval_ms=2000)
        try:
            await ask(lambda: client.stats.ended[EndKind.KEYFRAME] >= 3)
            await ask(lambda: len(pictures(job)) >= 3)
            [pull] = node.leases._pulls.values()
            assert pull._visiting
            assert client.stats.ended[EndKind.KEYFRAME] <= len(await ask(lambda: pictures(job))) + 1
            assert await ask(lambda: stands(job, "live"))
            assert not await node.database.run(lambda: list(job.skips.values_list("reason", "count")))
        finally:
            publishing.cancel()
            await asyncio.gather(publishing, return_exceptions=True)
