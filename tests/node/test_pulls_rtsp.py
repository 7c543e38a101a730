"""Pulled streams of cameras, by RTSP: the same life, other bytes."""

import asyncio

import pytest

from snapplatform.node import retries
from snapplatform.streams.models import Stream
from tests.node.conftest import pictures
from tests.node.test_pictures import frame_number
from tests.node.test_players import first_frame
from tests.unit.rtsp.feeding import packed, sample
from tests.unit.rtsp.packets import Packer
from tests.unit.rtsp.playing import endless, wire
from tests.unit.rtsp.server import SDP, Server, listening


def camera(codec: str, **options) -> Server:
    """25 numbered frames, again and again."""
    config, packets = sample(codec, 25)
    parts = [wire(unit) for unit in packed(config, packets, Packer(codec))]
    sdp = SDP.format(parameters="").replace("H264", "H264" if codec == "h264" else "H265")
    return Server(sdp, endless(*parts), **options)


@pytest.mark.parametrize("codec", ["h264", "hevc"])
async def test_pictures_of_a_camera(node, pulled, ask, loopback_allowed, codec):
    server = camera(codec, user="user", password="RTSP-SECRET")
    async with listening(server) as port:
        job = await pulled(f"rtsp://user:RTSP-SECRET@127.0.0.1:{port}/cam")
        first = (await ask(lambda: pictures(job)))[0]
        assert await node.database.run(frame_number, first) is not None
        stream = await ask(lambda: Stream.objects.filter(pk=job.stream_id, state="live").first())
        assert stream.source_url == f"rtsp://***@127.0.0.1:{port}/cam"
        await ask(lambda: Stream.objects.filter(pk=job.stream_id, video_codec=codec).exists())


async def test_a_wrong_password_is_told(node, pulled, ask, loopback_allowed, monkeypatch):
    monkeypatch.setattr(retries, "WAITS", (0.1,))
    async with listening(camera("h264", user="user", password="right")) as port:
        job = await pulled(f"rtsp://user:wrong@127.0.0.1:{port}/cam")
        await ask(lambda: Stream.objects.get(pk=job.stream_id).offline_reason == "refused by the source")


async def test_players_get_a_camera_by_rtmp(node, pulled, ask, loopback_allowed):
    async with listening(camera("h264")) as port:
        await pulled(f"rtsp://127.0.0.1:{port}/cam")
        await ask(lambda: node.hub.streams() and node.hub.streams()[0].ring.gop())
        url = f"rtmp://127.0.0.1:{node.rtmp_port}/live/cam"
        assert await asyncio.wait_for(asyncio.to_thread(first_frame, url), 20) is not None
