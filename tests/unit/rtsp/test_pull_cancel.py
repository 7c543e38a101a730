"""A pull can be cancelled at any moment, and one endless server holds up nobody else."""

import asyncio
import time

import pytest

from snapplatform.rtsp import ClientLimits, EndKind, PullClient
from tests.unit.rtmp.pulling import Handler, every, scripted
from tests.unit.rtmp.pulling import saying as saying_only
from tests.unit.rtmp.test_pull_cancel import black_hole
from tests.unit.rtsp.feeding import Recorder
from tests.unit.rtsp.packets import bye, interleaved
from tests.unit.rtsp.playing import endless, gops, saying, target
from tests.unit.rtsp.server import Player, Server, listening


async def test_a_black_hole() -> None:
    async with black_hole() as port:
        end = await PullClient(ClientLimits(connect_seconds=0.3)).pull(target(port), Recorder())
    if end.kind is not EndKind.CONNECT_TIMEOUT:
        pytest.skip("this kernel lets connections in beyond the backlog")


async def cancelling(port: int) -> None:
    client, sink = PullClient(), Recorder()
    pull = asyncio.create_task(client.pull(target(port), sink))
    await asyncio.sleep(0.1)
    assert not pull.done()
    begin = time.monotonic()
    pull.cancel()
    with pytest.raises(asyncio.CancelledError):
        await pull
    assert time.monotonic() - begin < 0.2
    assert sink.ended == ["cancelled"]
    assert client.stats.pulls == 0


@pytest.mark.parametrize(
    "handler",
    [
        pytest.param(saying_only(b""), id="silent"),
        pytest.param(every(0.01, b"R"), id="dribbling"),
        pytest.param(saying_only(b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nPublic: PLAY\r\n\r\n"), id="asked"),
    ],
)
async def test_cancelling_is_quick_before_it_plays(handler: Handler) -> None:
    async with scripted(handler) as port:
        await cancelling(port)


async def test_cancelling_is_quick_while_connecting() -> None:
    async with black_hole() as port:
        await cancelling(port)


@pytest.mark.parametrize(
    "play",
    [
        pytest.param(None, id="silent"),
        pytest.param(endless(*gops(10)), id="playing"),
        pytest.param(endless(b"".join(gops(100)), interval=0), id="as fast as it goes"),
        pytest.param(endless(b"$\0\xff\xff", bytes(3)), id="in the middle of a packet"),
    ],
)
async def test_cancelling_is_quick_and_said_while_it_plays(play: Player | None) -> None:
    server = Server(play=play)
    async with listening(server) as port:
        await cancelling(port)
        async with asyncio.timeout(2):
            await server.gone.wait()
    assert server.methods[-1] == "TEARDOWN"


async def test_an_endless_server_lets_others_have_their_turn() -> None:
    """The worst that is known: pictures of one byte, each with a parameter set of its own."""
    good, bad, client = Recorder(), Recorder(), PullClient()
    rubbish = b"".join(gops(2)) * 500
    farewell = interleaved(bye(), 1)
    async with (
        listening(Server(play=endless(rubbish, interval=0))) as flooding,
        listening(Server(play=saying(*gops(30), farewell, interval=0.01))) as port,
    ):
        endless_pull = asyncio.create_task(client.pull(target(flooding), bad))
        async with asyncio.timeout(20):
            assert (await client.pull(target(port), good)).kind is EndKind.ENDED
        assert len(good.units) == 30
        assert not endless_pull.done()
        endless_pull.cancel()
        await asyncio.wait([endless_pull])
