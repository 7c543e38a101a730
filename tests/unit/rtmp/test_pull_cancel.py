"""A pull can be cancelled at any moment, and one endless server holds up nobody else."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from snapplatform.rtmp import EndKind, PullClient
from tests.unit.rtmp.chunking import full
from tests.unit.rtmp.pulling import (
    CONNECTED,
    CREATED,
    PLAYING,
    QUICK,
    SHAKE,
    Handler,
    Recorder,
    every,
    playing_session,
    saying,
    scripted,
    target,
)
from tests.unit.rtmp.wire import Writer, frame

INTER = Writer().media([(9, 0, frame(100))])


@asynccontextmanager
async def black_hole() -> AsyncIterator[int]:
    """The port of a listener whose queue is full: what connects to it hears nothing."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        fillers = []
        try:
            for _ in range(4):
                fillers.append(socket.socket())
                fillers[-1].setblocking(False)
                with suppress(BlockingIOError):
                    fillers[-1].connect(listener.getsockname())
            await asyncio.sleep(0.05)
            yield listener.getsockname()[1]
        finally:
            for one in fillers:
                one.close()


async def test_a_black_hole() -> None:
    async with black_hole() as port:
        end = await PullClient(QUICK).pull(target(port), Recorder())
    if end.kind is not EndKind.CONNECT_TIMEOUT:
        pytest.skip("this kernel lets connections in beyond the backlog")


async def cancelling(port: int, client: PullClient) -> None:
    sink = Recorder()
    pull = asyncio.create_task(client.pull(target(port), sink))
    await asyncio.sleep(0.1)
    assert not pull.done()
    begin = time.monotonic()
    pull.cancel()
    with pytest.raises(asyncio.CancelledError):
        await pull
    assert time.monotonic() - begin < 0.2
    assert sink.closed == ["cancelled"]
    assert client.stats.pulls == 0


@pytest.mark.parametrize(
    "handler",
    [
        pytest.param(saying(b""), id="silent"),
        pytest.param(saying(SHAKE), id="shaken"),
        pytest.param(saying(CONNECTED), id="connected"),
        pytest.param(saying(CREATED), id="asked"),
        pytest.param(saying(PLAYING), id="playing"),
        pytest.param(every(0.01, b"\0", before=b"\x03"), id="dribbling"),
        pytest.param(every(0.0, INTER * 500, before=PLAYING), id="endless"),
    ],
)
async def test_cancelling_is_quick_in_each_phase(handler: Handler) -> None:
    gone = asyncio.Event()

    async def until_gone(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handler(reader, writer)
        finally:
            gone.set()

    async with scripted(until_gone) as port:
        await cancelling(port, PullClient())
        async with asyncio.timeout(2):
            await gone.wait()


async def test_cancelling_is_quick_while_connecting() -> None:
    async with black_hole() as port:
        await cancelling(port, PullClient())


async def test_an_endless_server_lets_others_have_their_turn() -> None:
    good, bad, client = Recorder(), Recorder(), PullClient()
    flood = full(0, 3, 0, 0, kind=3) + b"\xc3" * 3_000_000
    async with scripted(saying(SHAKE + flood)) as flooding, scripted(saying(playing_session())) as port:
        endless = asyncio.create_task(client.pull(target(flooding), bad))
        await asyncio.sleep(0)
        assert (await client.pull(target(port), good)).kind is EndKind.ENDED
        assert not endless.done()
        endless.cancel()
        await asyncio.wait([endless])
