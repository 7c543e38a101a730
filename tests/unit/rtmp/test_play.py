"""Playing over a real socket: the start, the stream, its end, and players that do not read."""

import asyncio

from snapplatform.rtmp import Limits, Player, StreamAddress
from tests.unit.rtmp.relay import Live, Relay, Watching
from tests.unit.rtmp.serving import client, eventually, serving
from tests.unit.rtmp.wire import (
    AAC_HEADER,
    AVC_HEADER,
    HANDSHAKE,
    METADATA,
    Writer,
    answers,
    frame,
    keyframe,
    statuses,
)


def on_air(relay: Relay, name: str = "cam") -> Live:
    """A publication without a publisher."""
    live = Live(StreamAddress("live", name, {}, "", ""), lambda reason: None)
    relay.lives[name] = live
    live.metadata(METADATA)
    live.video(0, AVC_HEADER)
    live.audio(0, AAC_HEADER)
    live.video(40, keyframe(5000))
    live.video(80, frame(700))
    live.video(120, keyframe(5001))
    live.video(160, frame(701))
    return live


def media(data: bytes) -> list[tuple[int, bytes]]:
    return [(kind, body) for kind, body in answers(data) if kind in (8, 9) or body == METADATA]


async def test_a_player_starts_with_headers_and_the_newest_keyframe() -> None:
    relay = Relay()
    live = on_air(relay)
    async with serving(relay) as server, client(server) as one:
        one.send(HANDSHAKE + Writer().connect() + Writer().play())
        await one.until(lambda data: (9, frame(701)) in answers(data))
        assert statuses(one.received) == ["NetStream.Play.Reset", "NetStream.Play.Start"]
        assert server.stats.players == 1
        live.video(200, frame(702))
        await one.until(lambda data: (9, frame(702)) in answers(data))
    assert media(one.received) == [
        (18, METADATA),
        (9, AVC_HEADER),
        (8, AAC_HEADER),
        (9, keyframe(5001)),
        (9, frame(701)),
        (9, frame(702)),
    ]
    assert relay.watchers[0].closed == 1


async def test_a_stream_that_is_not_there() -> None:
    async with serving(Relay()) as server, client(server) as one:
        one.send(HANDSHAKE + Writer().connect() + Writer().play("nothing"))
        await one.until_closed()
        assert statuses(one.received) == ["NetStream.Play.StreamNotFound"]


async def test_the_end_is_told_and_another_stream_may_be_played() -> None:
    relay = Relay()
    live = on_air(relay)
    on_air(relay, "other")
    async with serving(relay) as server, client(server) as one:
        writer = Writer()
        one.send(HANDSHAKE + writer.connect() + writer.play())
        await one.until(lambda data: (9, frame(701)) in answers(data))
        live.close("unpublished")
        await one.until(lambda data: "NetStream.Play.UnpublishNotify" in statuses(data))
        assert (4, bytes((0, 1, 0, 0, 0, 1))) in answers(one.received)  # StreamEOF of stream 1
        one.send(writer.command("deleteStream", 5.0, None, 1.0) + writer.play("other"))
        await one.until(lambda data: statuses(data).count("NetStream.Play.Start") == 2)
    assert [watcher.closed for watcher in relay.watchers] == [1, 1]


async def test_a_player_that_stays_after_the_end_is_let_go() -> None:
    relay = Relay()
    live = on_air(relay)
    limits = Limits(idle_seconds=0.3, tick_seconds=0.02)
    async with serving(relay, limits) as server, client(server) as one:
        writer = Writer()
        one.send(HANDSHAKE + writer.connect() + writer.play())
        await one.until(lambda data: (9, frame(701)) in answers(data))
        live.close("unpublished")
        await one.until_closed()
        assert server.stats.protocol_errors == {"timeout": 1}


async def test_a_pause_stops_the_stream_and_sound_can_be_declined() -> None:
    relay = Relay()
    live = on_air(relay)
    async with serving(relay) as server, client(server) as one:
        writer = Writer()
        one.send(HANDSHAKE + writer.connect() + writer.play())
        await one.until(lambda data: (9, frame(701)) in answers(data))
        one.send(writer.command("pause", 0.0, None, True, 0.0, stream_id=1))
        await one.until(lambda data: "NetStream.Pause.Notify" in statuses(data))
        assert not live.players[0].send(9, 200, frame(900))
        one.send(writer.command("pause", 0.0, None, False, 0.0, stream_id=1))
        one.send(writer.command("receiveAudio", 0.0, None, False, stream_id=1))
        one.send(writer.command("pause", 0.0, None, False, 0.0, stream_id=1))
        await one.until(lambda data: statuses(data).count("NetStream.Unpause.Notify") == 2)
        assert live.players[0].send(8, 240, b"\xaf\x01declined")
        assert live.players[0].send(9, 240, frame(901))
        await one.until(lambda data: (9, frame(901)) in answers(data))
    bodies = [body for _, body in media(one.received)]
    assert b"\xaf\x01declined" not in bodies
    assert frame(900) not in bodies


async def test_a_player_that_does_not_read_is_bounded_and_then_closed() -> None:
    relay = Relay()
    limits = Limits(player_buffer_bytes=300_000, player_behind_seconds=0.3, tick_seconds=0.05)
    live = on_air(relay)
    async with serving(relay, limits) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=1024)
        reader._transport.pause_reading()  # type: ignore[attr-defined]  # asyncio offers no other way
        writer.write(HANDSHAKE + Writer().connect() + Writer().play())
        await eventually(lambda: live.players)
        player: Player = live.players[0]
        sent = 0
        while player.send(9, sent, frame(50_000)):
            sent += 1
            await asyncio.sleep(0)
            assert sent < 1000
        assert not player.send(9, sent, frame(50_000))
        await eventually(lambda: relay.watchers[0].closed)
        assert server.stats.protocol_errors["slow reader"] == 1
        writer.transport.abort()


async def test_a_player_gone_before_the_answer_leaves_no_subscription() -> None:
    release = asyncio.Event()

    class Slow(Relay):
        async def play(self, address: StreamAddress, player: Player) -> Watching:
            self.asked.append(address)
            await release.wait()
            return await super().play(address, player)

    relay = Slow()
    on_air(relay)
    async with serving(relay) as server:
        async with client(server) as one:
            one.send(HANDSHAKE + Writer().connect() + Writer().play())
            await eventually(lambda: relay.asked)
            server.close_connections("test")
        release.set()
        await eventually(lambda: relay.watchers and relay.watchers[0].closed)
    assert relay.watchers[0].closed == 1
