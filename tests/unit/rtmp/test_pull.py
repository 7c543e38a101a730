"""The client against our own server: what it plays, and how it leaves."""

import asyncio

import pytest

from snapplatform.rtmp import EndKind, PullClient
from tests.unit.rtmp.pulling import QUICK, Recorder, target
from tests.unit.rtmp.relay import Relay
from tests.unit.rtmp.serving import eventually, serving
from tests.unit.rtmp.test_play import on_air
from tests.unit.rtmp.wire import AAC_HEADER, AVC_HEADER, METADATA, frame, keyframe

START = [
    (18, 0, METADATA),
    (9, 0, AVC_HEADER),
    (8, 0, AAC_HEADER),
    (9, 120, keyframe(5001)),
    (9, 160, frame(701)),
]


async def test_a_stream_is_played_from_its_newest_keyframe_to_its_end() -> None:
    relay, sink, client = Relay(), Recorder(), PullClient()
    live = on_air(relay)
    async with serving(relay) as server:
        pull = asyncio.create_task(client.pull(target(server.port, "live/cam?key=a/b&c=%20d"), sink))
        await eventually(lambda: len(sink.messages) == len(START))
        assert client.stats.pulls == 1
        live.video(2**32 - 20, frame(800))
        live.video(2**32 + 20, frame(801))  # 32 bits later, as the wire has it
        live.close("unpublished")
        end = await pull
        assert (end.kind, end.detail) == (EndKind.ENDED, "StreamEOF")
        assert end.bytes_in == client.stats.bytes_in > 3073
    assert sink.messages == [*START, (9, 0, frame(800)), (9, 20, frame(801))]
    assert sink.closed == ["ended: StreamEOF"]
    assert client.stats.pulls == 0
    assert client.stats.ended == {EndKind.ENDED: 1}
    assert (relay.asked[0].app, relay.asked[0].name) == ("live", "cam")
    assert relay.asked[0].query == {"key": "a/b", "c": " d"}


async def test_a_stream_that_is_not_there_is_refused() -> None:
    sink = Recorder()
    async with serving(Relay()) as server:
        end = await PullClient().pull(target(server.port), sink)
    assert (end.kind, end.detail) == (EndKind.REFUSED, "NetStream.Play.StreamNotFound")
    assert sink.closed == ["refused: NetStream.Play.StreamNotFound"]
    assert not sink.messages


async def test_one_keyframe_is_taken_with_its_header_and_nothing_after() -> None:
    relay, sink = Relay(), Recorder()
    live = on_air(relay)
    for number in range(20):
        live.video(200 + number, frame(50_000))
    async with serving(relay) as server:
        end = await PullClient().pull(target(server.port), sink, until_keyframe=True)
        assert end.kind is EndKind.KEYFRAME
        await eventually(lambda: relay.watchers[0].closed)
    assert sink.messages == START[:4]
    assert sink.closed == ["got its keyframe"]


async def test_many_pulls_share_a_client() -> None:
    relay, client = Relay(), PullClient()
    sinks = [Recorder() for _ in range(20)]
    for number in range(20):
        on_air(relay, f"cam{number}").video(200, frame(900 + number))
    async with serving(relay) as server:
        pulls = [
            asyncio.create_task(client.pull(target(server.port, f"live/cam{number}"), sink))
            for number, sink in enumerate(sinks)
        ]
        await eventually(lambda: all(len(sink.messages) == len(START) + 1 for sink in sinks))
        for live in list(relay.lives.values()):
            live.close("unpublished")
        ends = await asyncio.gather(*pulls)
    assert {end.kind for end in ends} == {EndKind.ENDED}
    assert [sink.messages for sink in sinks] == [
        [*START, (9, 200, frame(900 + number))] for number in range(20)
    ]


async def test_a_large_stream_is_acknowledged() -> None:
    relay, sink, client = Relay(), Recorder(), PullClient()
    live = on_air(relay)
    async with serving(relay) as server:
        pull = asyncio.create_task(client.pull(target(server.port), sink))
        await eventually(lambda: live.players)
        before = client.stats.bytes_out
        for number in range(60):
            live.video(200 + number, frame(100_000))
            await asyncio.sleep(0)
        await eventually(lambda: client.stats.bytes_in > 6_000_000)
        assert client.stats.bytes_out - before >= 32  # two acknowledgements of 16 bytes
        pull.cancel()
        with pytest.raises(asyncio.CancelledError):
            await pull
    assert sink.closed == ["cancelled"]


async def test_a_sink_that_fails_costs_its_own_pull() -> None:
    class Failing(Recorder):
        def video(self, timestamp: int, payload: bytes) -> None:
            raise ValueError("bug")

    relay, client = Relay(), PullClient()
    on_air(relay)
    bad, good = Failing(), Recorder()
    async with serving(relay) as server:
        other = asyncio.create_task(client.pull(target(server.port), good))
        assert (await client.pull(target(server.port), bad)).kind is EndKind.INTERNAL
        await eventually(lambda: len(good.messages) == len(START))
        other.cancel()
        await asyncio.wait([other])
    assert bad.closed == ["internal error"]


async def test_nobody_listens() -> None:
    async with serving(Relay()) as server:
        port = server.port
    end = await PullClient(QUICK).pull(target(port), Recorder())
    assert (end.kind, end.detail) == (EndKind.UNREACHABLE, "Connection refused")
