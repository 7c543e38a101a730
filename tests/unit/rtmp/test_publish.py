"""Publishing over a real socket: what encoders send, what they are told, what the sink gets."""

import asyncio
import logging
import struct
from collections.abc import Callable
from functools import partial

import pytest

from snapplatform.rtmp import Limits, StreamAddress, decode_metadata
from tests.unit.rtmp.relay import Live, Relay
from tests.unit.rtmp.serving import client, eventually, publishing, serving, told
from tests.unit.rtmp.wire import (
    HANDSHAKE,
    METADATA,
    Writer,
    answers,
    encoder_session,
    frame,
    some_media,
    statuses,
)


@pytest.mark.parametrize("chunk_size", [128, 4096, 60000])
async def test_a_session_as_obs_sends_it(chunk_size: int) -> None:
    relay = Relay()
    async with serving(relay) as server, client(server) as one:
        one.send(encoder_session(chunk_size))
        await eventually(lambda: relay.all and relay.all[0].closed)
        await one.until(told("NetStream.Publish.Start"))
        names = [body for kind, body in answers(one.received) if kind == 20]
        assert b"NetConnection.Connect.Success" in names[0]
        assert server.stats.bytes_in == len(encoder_session(chunk_size))
    live = relay.all[0]
    assert live.messages == [(18, 0, METADATA), *some_media()]
    assert live.closed == ["unpublished"]
    assert decode_metadata(live.messages[0][2])["width"] == 1920.0
    assert live.address.client == "FMLE/3.0 (test)"
    assert live.address.peer == "127.0.0.1"


async def test_media_sent_before_the_answer_waits_for_it() -> None:
    release = asyncio.Event()

    class Slow(Relay):
        async def publish(self, address: StreamAddress, stop: Callable[[str], None]) -> Live:
            self.asked.append(address)
            await release.wait()
            return await super().publish(address, stop)

    relay = Slow()
    async with serving(relay) as server, client(server) as one:
        one.send(encoder_session())
        await eventually(lambda: relay.asked)
        assert not relay.all
        release.set()
        await eventually(lambda: relay.all and relay.all[0].closed)
    assert relay.all[0].messages == [(18, 0, METADATA), *some_media()]


async def test_a_second_publisher_of_a_name_is_told_so_and_dropped() -> None:
    relay = Relay()
    async with serving(relay) as server, client(server) as one, client(server) as two:
        await publishing(one, Writer())
        two.send(HANDSHAKE + Writer().connect() + Writer().publish())
        await two.until_closed()
        assert statuses(two.received) == ["NetStream.Publish.BadName"]
        assert server.stats.refused == 1
        one.send(Writer().media(some_media()))
        await eventually(lambda: len(relay.all[0].messages) == len(some_media()))


@pytest.mark.parametrize(
    ("app", "name"),
    [("live", "a/b:c?key=K"), ("live?key=K", "a/b:c"), ("live/a?key=K", "b:c"), ("live/a", "b:c?key=K&x=y")],
)
async def test_key_and_name_in_every_form(app: str, name: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    relay = Relay(key="K")
    async with serving(relay) as server, client(server) as one:
        one.send(encoder_session(app=app, name=name))
        await eventually(lambda: relay.all and relay.all[0].closed)
    assert (relay.asked[0].app, relay.asked[0].name) == ("live", "a/b:c")
    assert "key=" not in caplog.text
    assert "live/a/b:c" in caplog.text


async def test_a_name_that_cannot_be_one_is_refused() -> None:
    relay = Relay()
    async with serving(relay) as server, client(server) as one:
        one.send(encoder_session(name="?key=K"))
        await one.until_closed()
        assert statuses(one.received) == ["NetStream.Publish.BadName"]
    assert not relay.asked


async def test_a_wrong_key_is_refused_with_the_directorys_code() -> None:
    async with serving(Relay(key="K")) as server, client(server) as one:
        one.send(encoder_session(name="cam?key=wrong"))
        await one.until_closed()
        assert statuses(one.received) == ["NetStream.Publish.Unauthorized"]


async def test_a_directory_that_fails_or_hangs_costs_only_the_asker() -> None:
    class Broken(Relay):
        async def publish(self, address: StreamAddress, stop: Callable[[str], None]) -> Live:
            if address.name == "hangs":
                await asyncio.Event().wait()
            raise RuntimeError("database on fire")

    async with serving(Broken(), Limits(answer_seconds=0.2)) as server:
        for name in ("fails", "hangs"):
            async with client(server) as one:
                one.send(encoder_session(name=name))
                await one.until_closed()
                assert statuses(one.received) == ["NetStream.Publish.Failed"]


async def test_times_go_on_where_32_bits_end() -> None:
    relay = Relay()
    writer = Writer()
    times = [0xFFFFFF00, 0xFFFFFFF0, 0x10, 0x00, 0x40]
    async with serving(relay) as server, client(server) as one:
        await publishing(one, writer)
        one.send(writer.media((9, time, frame(20)) for time in [0x7FFFFFFF, *times]))
        await eventually(lambda: len(relay.all[0].messages) == 6)
    assert [time for _, time, _ in relay.all[0].messages[1:]] == [
        0xFFFFFF00, 0xFFFFFFF0, 0x100000010, 0x100000000, 0x100000040,
    ]  # fmt: skip


async def test_received_bytes_are_acknowledged_each_window() -> None:
    relay, writer = Relay(), Writer()
    async with serving(relay) as server, client(server) as one:
        await publishing(one, writer)
        one.send(writer.message(2, 5, 0, 0, struct.pack(">I", 50_000)))
        for number in range(1, 5):
            one.send(writer.message(6, 9, number, 1, frame(60_000)))
            await eventually(partial(relay.has_messages, number))
        await one.until(lambda data: sum(kind == 3 for kind, _ in answers(data)) >= 3)
        counts = [int.from_bytes(body, "big") for kind, body in answers(one.received) if kind == 3]
    assert counts == sorted(counts)
    assert counts[0] >= 50_000


async def test_a_ping_is_answered() -> None:
    async with serving(Relay()) as server, client(server) as one:
        one.send(HANDSHAKE + Writer().message(2, 4, 0, 0, struct.pack(">HI", 6, 4711)))
        await one.until(lambda data: (4, struct.pack(">HI", 7, 4711)) in answers(data))


async def test_one_connection_may_publish_again() -> None:
    relay, writer = Relay(), Writer()
    async with serving(relay) as server, client(server) as one:
        await publishing(one, writer)
        one.send(writer.command("deleteStream", 6.0, None, 1.0))
        one.send(writer.publish("other"))
        await one.until(lambda data: statuses(data).count("NetStream.Publish.Start") == 2)
        assert server.stats.publishers == 1
    assert [live.closed for live in relay.all] == [["unpublished"], ["server closing"]]


async def test_unknown_calls_get_an_error_and_do_not_disturb() -> None:
    async with serving(Relay()) as server, client(server) as one:
        one.send(HANDSHAKE + Writer().connect() + Writer().command("_checkbw", 9.0, None))
        one.send(Writer().command("getStreamLength", 10.0, None, "cam"))
        await one.until(lambda data: sum(kind == 20 for kind, _ in answers(data)) == 3)
        assert b"NetConnection.Call.Failed" in [body for kind, body in answers(one.received) if kind == 20][1]
