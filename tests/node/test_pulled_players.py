"""Players of pulled streams: the first one opens the source, and after the last it is left."""

import asyncio

import pytest

from snapplatform.node import leases
from snapplatform.streams.models import Stream
from snapplatform.streams.services import create_stream
from tests.node.encoder import Encoder
from tests.node.test_players import first_frame
from tests.unit.rtmp.nginx import free_port


@pytest.fixture
def quick(monkeypatch) -> None:
    monkeypatch.setattr(leases, "LINGER_SECONDS", 0.2)
    monkeypatch.setattr(leases, "PLAYER_SECONDS", 2.0)


async def make(node, principal, url: str) -> Stream:
    return await node.database.run(create_stream, principal=principal, name="cam", source_url=url)


async def test_a_player_opens_the_source_and_the_last_one_closes_it(
    quick, node, principal, ask, footage, source
):
    config, packets = footage
    async with Encoder(source, "cam") as encoder:
        await encoder.video(config, packets[:8])
        stream = await make(node, principal, f"rtmp://127.0.0.1:{source}/live/cam")
        await ask(lambda: node.lease.holds)
        playing = asyncio.create_task(
            asyncio.to_thread(first_frame, f"rtmp://127.0.0.1:{node.rtmp_port}/live/cam")
        )
        await ask(lambda: node.hub.streams() and len(node.hub.streams()[0].audience) == 1)
        await encoder.video(config, packets[8:], at=0)
        assert await playing == 5
        left = await ask(lambda: Stream.objects.filter(pk=stream.pk, state="offline").first())
        assert (left.epoch, left.offline_reason) == (1, "not wanted")
        assert not node.hub.streams()


async def test_a_player_of_a_source_that_is_away_is_told(quick, node, principal, ask, loopback_allowed):
    await make(node, principal, f"rtmp://127.0.0.1:{free_port()}/live/cam")
    await ask(lambda: node.lease.holds)
    with pytest.raises(OSError):
        await asyncio.to_thread(first_frame, f"rtmp://127.0.0.1:{node.rtmp_port}/live/cam")
