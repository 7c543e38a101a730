"""Pulled streams: opened while somebody wants them, connected again when they went away."""

from collections.abc import AsyncIterator
from dataclasses import replace
from ipaddress import ip_network

import pytest

from jobs.models import Job
from jobs.services import stop_job
from snapplatform.node import leases
from snapplatform.streams.models import Stream
from snapplatform.streams.services import create_stream
from tests.node.conftest import pictures
from tests.node.encoder import Encoder
from tests.node.origin import origin
from tests.node.test_pictures import frame_number

SECRET = "9c1-auth-SECRET"


@pytest.fixture
def loopback_allowed(settings) -> None:
    settings.SNAP = replace(settings.SNAP, allowed_networks=[ip_network("127.0.0.0/8")])


@pytest.fixture
async def source(tmp_path, loopback_allowed) -> AsyncIterator[int]:
    async with origin(tmp_path) as port:
        yield port


@pytest.fixture
def pulled(node, principal, make_job):
    """A pulled stream `cam` of that URL, and a started job on it."""

    async def make(url: str, **template) -> Job:
        await node.database.run(create_stream, principal=principal, name="cam", source_url=url)
        return await make_job(**template)

    return make


def row(job: Job) -> Stream:
    return Stream.objects.get(pk=job.stream_id)


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
        stream = await ask(lambda: Stream.objects.filter(pk=job.stream_id, state="live").first())
        assert (stream.epoch, stream.node_id, stream.offline_reason) == (1, node.node_id, "")
        assert await ask(lambda: Job.objects.filter(pk=job.pk, waiting="").exists())


async def test_a_stream_that_nobody_wants_is_let_go(
    node, pulled, principal, ask, footage, source, monkeypatch
):
    monkeypatch.setattr(leases, "LINGER_SECONDS", 0.2)
    async with Encoder(source, "cam") as encoder:
        await encoder.video(*footage)
        job = await pulled(f"rtmp://127.0.0.1:{source}/live/cam")
        await ask(lambda: pictures(job))
        await node.database.run(stop_job, principal=principal, job_id=job.pk)
        stream = await ask(lambda: Stream.objects.filter(pk=job.stream_id, state="offline").first())
        assert (stream.node_id, stream.offline_reason) == (None, "not wanted")
        assert not node.hub.streams()
