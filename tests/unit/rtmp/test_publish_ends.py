"""How a publication and a server end: exactly one close, with the reason."""

import asyncio
from collections.abc import Callable
from functools import partial

from snapplatform.rtmp import RtmpServer, StreamAddress
from tests.unit.rtmp.relay import Live, Relay
from tests.unit.rtmp.serving import client, eventually, publishing, serving
from tests.unit.rtmp.wire import HANDSHAKE, Writer, encoder_session


async def test_a_lost_connection_closes_the_sink_once() -> None:
    relay = Relay()
    async with serving(relay) as server, client(server) as one:
        await publishing(one, Writer())
        await one.close()
        await eventually(lambda: relay.all[0].closed)
    assert relay.all[0].closed == ["connection lost"]


async def test_a_publisher_gone_before_the_answer_leaves_no_sink_open() -> None:
    release = asyncio.Event()

    class Slow(Relay):
        async def publish(self, address: StreamAddress, stop: Callable[[str], None]) -> Live:
            self.asked.append(address)
            await release.wait()
            return await super().publish(address, stop)

    relay = Slow()
    async with serving(relay) as server:
        async with client(server) as one:
            one.send(HANDSHAKE + Writer().connect() + Writer().publish())
            await eventually(lambda: relay.asked)
            server.close_connections("test")
        release.set()
        await eventually(lambda: relay.all and relay.all[0].closed)
    assert relay.all[0].closed == ["test"]


async def test_the_hub_stops_a_publisher_even_while_it_takes_a_message() -> None:
    class Strict(Live):
        def video(self, timestamp: int, payload: bytes) -> None:
            self.take(9, timestamp, payload)
            self.stop("not wanted any more")

    class Hub(Relay):
        async def publish(self, address: StreamAddress, stop: Callable[[str], None]) -> Live:
            self.all.append(Strict(address, stop))
            return self.all[-1]

    relay = Hub()
    async with serving(relay) as server, client(server) as one:
        one.send(encoder_session())
        await one.until_closed()
    assert relay.all[0].closed == ["not wanted any more"]
    assert [kind for kind, _, _ in relay.all[0].messages] == [18, 9]


async def test_a_sink_that_fails_costs_that_connection() -> None:
    class Failing(Live):
        def video(self, timestamp: int, payload: bytes) -> None:
            raise ValueError("bug")

    class Hub(Relay):
        async def publish(self, address: StreamAddress, stop: Callable[[str], None]) -> Live:
            self.all.append(Failing(address, stop))
            return self.all[-1]

    relay = Hub()
    async with serving(relay) as server, client(server) as one:
        one.send(encoder_session())
        await one.until_closed()
    assert relay.all[0].closed == ["internal error"]


async def test_an_encoder_may_come_and_go_on_one_connection() -> None:
    relay, writer = Relay(), Writer()
    async with serving(relay) as server, client(server) as one:
        await publishing(one, writer)
        for number in range(40):  # far more commands in all than are allowed before a publish
            one.send(writer.command("deleteStream", 6.0, None, 1.0) + writer.publish())
            await eventually(partial(relay.has_lives, number + 2))
    assert [live.closed for live in relay.all] == [["unpublished"]] * 40 + [["server closing"]]


async def test_it_can_close_twice_and_without_start() -> None:
    server = RtmpServer(Relay())
    await server.close()
    await server.start("127.0.0.1", 0)
    assert server.port > 0
    await server.close()
    await server.close()


async def test_two_servers_share_a_port_when_asked() -> None:
    one, two = RtmpServer(Relay()), RtmpServer(Relay())
    await one.start("127.0.0.1", 0, reuse_port=True)
    await two.start("127.0.0.1", one.port, reuse_port=True)
    await one.close()
    await two.close()
