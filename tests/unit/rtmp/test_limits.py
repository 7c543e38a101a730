"""What breaks a rule or a limit costs its own connection, in bounded time, and is counted."""

import asyncio
import struct

import pytest

from snapplatform.rtmp import Limits, amf0
from tests.unit.rtmp.chunking import full
from tests.unit.rtmp.relay import Relay
from tests.unit.rtmp.serving import client, eventually, serving
from tests.unit.rtmp.wire import HANDSHAKE, Writer, encoder_session, frame, some_media, statuses

QUICK = Limits(
    handshake_seconds=0.2, idle_seconds=0.3, silence_seconds=0.3, linger_seconds=0.2, tick_seconds=0.02
)
NEST = (b"\x03" + struct.pack(">H", 1) + b"a") * 3000


def hello() -> bytes:
    return HANDSHAKE + Writer().connect()


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", "handshake", id="HTTP"),
        pytest.param(b"\x16\x03\x01", "handshake", id="TLS"),
        pytest.param(b"\x03" + bytes(100), "timeout", id="half a handshake"),
        pytest.param(b"", "timeout", id="nothing"),
        pytest.param(HANDSHAKE, "timeout", id="nothing after the handshake"),
        pytest.param(hello(), "timeout", id="nothing after connect"),
        pytest.param(HANDSHAKE + b"\xff" * 100, "chunk", id="rubbish chunks"),
        pytest.param(HANDSHAKE + Writer().publish(), "command", id="publish before connect"),
        pytest.param(hello() + Writer().connect(), "command", id="connect twice"),
        pytest.param(HANDSHAKE + Writer().command("connect", 1.0), "command", id="connect without object"),
        pytest.param(HANDSHAKE + Writer().message(3, 20, 0, 0, b""), "command", id="empty command"),
        pytest.param(HANDSHAKE + Writer().message(3, 20, 0, 0, b"\xee"), "amf", id="bad marker"),
        pytest.param(HANDSHAKE + Writer().message(3, 20, 0, 0, NEST), "amf", id="nesting bomb"),
        pytest.param(HANDSHAKE + full(0, 3, 0, 0xFFFFFF, kind=9), "size", id="16 MB before publish"),
        pytest.param(hello() + Writer().command("createStream", 2.0) * 100, "command", id="command flood"),
        pytest.param(hello() + Writer().message(2, 1, 0, 0, bytes(4)), "chunk", id="chunk size 0"),
    ],
)
async def test_each_fault_is_counted_by_its_kind(sent: bytes, kind: str) -> None:
    relay = Relay()
    async with serving(relay, QUICK) as server, client(server) as one:
        one.send(sent)
        await one.until_closed()
        assert server.stats.protocol_errors == {kind: 1}
    assert not relay.all


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        pytest.param(full(0, 6, 0, 0xFFFFFF), "protocol error: size", id="16 MB message"),
        pytest.param(b"", "timed out", id="silence"),
        pytest.param(b"\xff" * 50, "protocol error: chunk", id="rubbish"),
        pytest.param(Writer().publish("two"), "protocol error: command", id="a second stream"),
    ],
)
async def test_an_accepted_publisher_that_goes_wrong_ends_with_the_reason(sent: bytes, reason: str) -> None:
    relay = Relay()
    async with serving(relay, QUICK) as server, client(server) as one:
        one.send(hello() + Writer().publish())
        await one.until(lambda data: "NetStream.Publish.Start" in statuses(data))
        one.send(sent)
        await one.until_closed()
    assert len(relay.all[0].closed) == 1
    assert relay.all[0].closed[0].startswith(reason)


async def test_a_publisher_that_sends_a_little_is_kept() -> None:
    relay = Relay()
    async with serving(relay, QUICK) as server, client(server) as one:
        writer = Writer()
        one.send(hello() + writer.publish())
        await one.until(lambda data: "NetStream.Publish.Start" in statuses(data))
        for number in range(8):  # twice the silence allowed, in steps of a third of it
            one.send(writer.message(6, 9, number, 1, frame(30)))
            await asyncio.sleep(0.1)
        assert len(relay.all[0].messages) == 8
        assert not relay.all[0].closed


async def test_a_peer_that_does_not_read_its_answers_is_dropped() -> None:
    limits = Limits(reply_bytes=10_000)
    async with serving(Relay(), limits) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=64)
        reader._transport.pause_reading()  # type: ignore[attr-defined]  # asyncio offers no other way
        writer.write(HANDSHAKE)
        ping = Writer().message(2, 4, 0, 0, struct.pack(">HI", 6, 1)) * 10_000
        for _ in range(400):
            if server.stats.protocol_errors:
                break
            writer.write(ping)
            await asyncio.sleep(0.005)
        assert server.stats.protocol_errors == {"slow reader": 1}
        writer.transport.abort()


@pytest.mark.parametrize("limits", [Limits(connections=2), Limits(connections_per_peer=2)])
async def test_connections_are_limited_in_all_and_per_address(limits: Limits) -> None:
    async with serving(Relay(), limits) as server, client(server), client(server), client(server) as three:
        assert await three.until_closed() == b""
        assert server.stats.refused == 1
        await eventually(lambda: server.stats.connections == 2)


async def test_a_connection_that_can_not_be_looked_after_costs_nobody_else_his_time_outs() -> None:
    relay = Relay()
    async with serving(relay, QUICK) as server, client(server) as bad, client(server) as idle:
        bad.send(hello() + Writer().publish())
        await bad.until(lambda data: "NetStream.Publish.Start" in statuses(data))
        relay.all[0].patience = "not a number"  # type: ignore[assignment]
        await bad.until_closed()
        assert relay.all[0].closed == ["internal error"]
        await idle.until_closed()


async def test_large_metadata_is_left_out_and_the_stream_goes_on() -> None:
    relay = Relay()
    async with serving(relay) as server, client(server) as one:
        writer = Writer()
        one.send(hello() + writer.publish())
        await one.until(lambda data: "NetStream.Publish.Start" in statuses(data))
        large = amf0.encode_all("@setDataFrame", "onMetaData", {"keyframes": "x" * 100_000})
        one.send(writer.message(4, 18, 0, 1, large) + writer.media(some_media()))
        await eventually(lambda: len(relay.all[0].messages) == len(some_media()))


async def test_others_go_on_while_one_floods() -> None:
    """A flood of one-byte messages from one peer must not stop another's stream."""
    relay = Relay()
    async with serving(relay) as server, client(server) as bad, client(server) as good:
        bad.send(HANDSHAKE + full(0, 3, 0, 0, kind=3) + b"\xc3" * 3_000_000)
        good.send(encoder_session())
        await eventually(lambda: relay.all and relay.all[0].closed)
        assert server.stats.bytes_in < 3_000_000, "the flood was served first"
