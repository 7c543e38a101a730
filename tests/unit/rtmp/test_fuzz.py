"""Hostile and damaged input: nothing but ProtocolError, bounded memory, and the server lives on."""

import asyncio
import random
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snapplatform.rtmp import Directory, Limits, ProtocolError, ServerStats
from snapplatform.rtmp.connection import Connection
from snapplatform.rtmp.host import HEADROOM
from snapplatform.rtmp.receiver import Receiver
from tests.unit.rtmp.relay import Relay
from tests.unit.rtmp.serving import client, eventually, serving
from tests.unit.rtmp.wire import HANDSHAKE, encoder_session

SESSIONS = {size: encoder_session(size) for size in (128, 1000, 4096)}
Outcome = tuple[list[object], list[str], dict[str, int]]


class FakeTransport(asyncio.Transport):
    """Takes all that is written and remembers whether it was dropped."""

    def __init__(self) -> None:
        super().__init__()
        self.dropped = self.paused = False

    def get_extra_info(self, name: str, default: object = None) -> object:
        return ("192.0.2.1", 1) if name == "peername" else None

    def write(self, data: object) -> None: ...

    def write_eof(self) -> None:
        self.dropped = True

    def abort(self) -> None:
        self.dropped = True

    def is_closing(self) -> bool:
        return self.dropped

    def get_write_buffer_size(self) -> int:
        return 0

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False


class FakeHost:
    """A server for one connection without sockets."""

    def __init__(self) -> None:
        self.relay = Relay()
        self.directory: Directory = self.relay
        self.limits = Limits()
        self.stats = ServerStats()
        self.loop = asyncio.get_running_loop()
        self.buffer = bytearray(HEADROOM + 65536)

    def enter(self, connection: Connection) -> str:
        return ""

    def leave(self, connection: Connection) -> None: ...


async def read_all(connection: Receiver, transport: FakeTransport, pieces: list[bytes]) -> None:
    """The life of a connection that gets these reads."""
    connection.connection_made(transport)
    for piece in pieces:
        for at in range(0, len(piece), 65536):
            part = piece[at : at + 65536]
            window = connection.get_buffer(-1)
            window[: len(part)] = part
            connection.buffer_updated(len(part))
            while transport.paused and not transport.dropped:
                await asyncio.sleep(0)
    connection.connection_lost(None)


async def _deliver(pieces: list[bytes]) -> Outcome:
    host, transport = FakeHost(), FakeTransport()
    connection = Connection(host)
    await read_all(connection, transport, pieces)
    while connection.role.task is not None:
        await asyncio.sleep(0)
    lives = host.relay.all
    assert all(len(live.closed) == 1 for live in lives)
    return (
        [live.messages for live in lives],
        [live.closed[0] for live in lives],
        dict(host.stats.protocol_errors),
    )


def deliver(*pieces: bytes) -> Outcome:
    """What a connection makes of these reads."""
    return asyncio.run(_deliver(list(pieces)))


def split(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted(cut % (len(data) + 1) for cut in cuts)
    return [data[start:end] for start, end in zip([0, *places], [*places, len(data)], strict=True)]


CUTS = st.lists(st.integers(0, 20_000), max_size=60)


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(sorted(SESSIONS)), CUTS)
def test_any_split_of_a_session_gives_the_same(chunk_size: int, cuts: list[int]) -> None:
    session = SESSIONS[chunk_size]
    whole = deliver(session)
    assert whole[1] == ["unpublished"]
    assert not whole[2]
    assert deliver(*split(session, cuts)) == whole


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=2000), st.sampled_from([b"", HANDSHAKE, SESSIONS[128][:4500]]), CUTS)
def test_random_bytes_at_any_stage(data: bytes, before: bytes, cuts: list[int]) -> None:
    assert deliver(*split(before + data, cuts)) == deliver(before + data)


@st.composite
def mutated(draw: st.DrawFn, sessions: dict[int, bytes]) -> bytes:
    """One of the sessions with bytes changed, cut out, doubled or put in, behind the handshake."""
    data = bytearray(sessions[draw(st.sampled_from(sorted(sessions)))])
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(3073, len(data) - 1))
        size = draw(st.integers(1, 40))
        kind = draw(st.sampled_from(["set", "cut", "double", "insert"]))
        if kind == "set":
            data[at] = draw(st.integers(0, 255))
        elif kind == "cut":
            del data[at : at + size]
        elif kind == "double":
            data[at:at] = data[at : at + size]
        else:
            data[at:at] = draw(st.binary(min_size=1, max_size=20))
    return bytes(data)


@settings(deadline=None, max_examples=150)
@given(mutated(SESSIONS), CUTS)
def test_a_damaged_session_ends_alike_however_it_is_split(data: bytes, cuts: list[int]) -> None:
    assert deliver(*split(data, cuts)) == deliver(data)


@pytest.mark.parametrize("seed", range(6))
def test_floods_hold_little_memory(seed: int) -> None:
    """A megabyte of half-sensible chunks on many chunk streams, before anybody was let in."""
    rng = random.Random(seed)
    chunks = []
    for _ in range(6000):
        size = rng.choice([10, 5000, 65_000, 0xFFFFFF])
        head = (
            bytes((rng.randrange(256),))
            + rng.randbytes(3)
            + size.to_bytes(3, "big")
            + b"\x09"
            + rng.randbytes(4)
        )
        chunks.append(head + rng.randbytes(rng.choice([0, 128])))
    flood = HANDSHAKE + b"".join(chunks)
    tracemalloc.start()
    try:
        deliver(flood)
        assert tracemalloc.get_traced_memory()[1] < 1_500_000
    finally:
        tracemalloc.stop()


async def test_a_hundred_bad_connections_do_not_hurt_a_good_one() -> None:
    rng = random.Random(7)
    relay = Relay()
    async with serving(relay) as server, client(server) as good:
        session = SESSIONS[4096]
        good.send(session[:6000])
        for number in range(100):
            async with client(server) as bad:
                bad.send(b"" if number % 2 else HANDSHAKE)
                bad.send(rng.randbytes(5000))
        good.send(session[6000:])
        await eventually(lambda: relay.all and relay.all[0].closed)
    assert relay.all[0].closed == ["unpublished"]


def test_protocol_errors_show_nothing_of_the_peer() -> None:
    assert str(ProtocolError("chunk", "why")) == "chunk: why"
