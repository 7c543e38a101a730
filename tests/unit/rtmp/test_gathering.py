"""A publisher's small messages are read together, and none of them waits for long."""

import select
import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from snapplatform.net.gathering import MAX_BYTES, Gathering
from snapplatform.rtmp import Limits
from tests.unit.rtmp.relay import Relay
from tests.unit.rtmp.serving import client, eventually, publishing, serving
from tests.unit.rtmp.wire import Writer, keyframe

pytestmark = pytest.mark.skipif(not hasattr(socket, "SO_RCVLOWAT"), reason="no SO_RCVLOWAT on this system")


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Ours and the peer's end of a TCP connection."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        peer = socket.create_connection(listener.getsockname())
        ours, _ = listener.accept()
    with ours, peer:
        yield ours, peer


def readable(sock: socket.socket, seconds: float = 0.0) -> bool:
    return bool(select.select([sock], [], [], seconds)[0])


def mark_of(sock: socket.socket) -> int:
    return sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT)


def test_the_mark_is_what_comes_in_the_time_that_the_sink_can_spare(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, _ = pair
    gathering = Gathering(100.0)
    gathering.adjust(ours, 101.0, 500_000, patience=0.02)
    assert mark_of(ours) == 10_000
    gathering.adjust(ours, 102.0, 750_000, patience=0.02)
    assert mark_of(ours) == 5_000


def test_a_burst_does_not_raise_it_beyond_its_bound(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, _ = pair
    Gathering(0.0).adjust(ours, 1.0, 1 << 30, patience=0.02)
    assert mark_of(ours) == MAX_BYTES


def test_a_silent_peer_and_one_that_does_not_publish_are_read_at_once(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, _ = pair
    gathering = Gathering(0.0)
    gathering.adjust(ours, 1.0, 500_000, patience=0.02)
    gathering.adjust(ours, 2.0, 500_000, patience=0.02)
    assert mark_of(ours) == 1
    gathering.adjust(ours, 3.0, 1_000_000, patience=0.02)
    gathering.adjust(ours, 4.0, 1_500_000, patience=0.0)
    assert mark_of(ours) == 1


def test_what_waits_is_readable_as_soon_as_the_mark_is_lowered(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, peer = pair
    gathering = Gathering(0.0)
    gathering.adjust(ours, 1.0, 500_000, patience=0.02)
    peer.sendall(b"the last words of a stream that stopped")
    assert not readable(ours)
    gathering.adjust(ours, 2.0, 500_000, patience=0.02)
    assert readable(ours, 10.0)


def test_the_end_of_the_connection_is_told_at_once(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, peer = pair
    Gathering(0.0).adjust(ours, 1.0, 500_000, patience=0.02)
    peer.sendall(b"bye")
    peer.close()
    assert readable(ours, 10.0)
    assert ours.recv(100) == b"bye"


async def test_a_message_below_the_mark_arrives_within_a_tick() -> None:
    relay = Relay()
    async with serving(relay, Limits(tick_seconds=0.05)) as server, client(server) as one:
        writer = Writer()
        await publishing(one, writer)
        one.send(writer.media([(9, number, keyframe(60_000)) for number in range(20)]))
        await eventually(lambda: len(relay.all[0].messages) == 20)
        one.send(writer.media([(9, 900, keyframe(20))]))
        await eventually(lambda: len(relay.all[0].messages) == 21)
