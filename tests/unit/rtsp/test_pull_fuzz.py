"""Damaged and hostile servers: nothing but an end, whatever pieces it comes in, in bounded memory."""

import asyncio
import random
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snapplatform.rtsp import ClientLimits, ClientStats, RtspUrl
from snapplatform.rtsp.connection import PullConnection
from snapplatform.rtsp.reading import HEADROOM
from tests.unit.rtmp.test_fuzz import CUTS, FakeTransport, split
from tests.unit.rtsp.feeding import IDR, INTER, PPS, SPS, Recorder
from tests.unit.rtsp.packets import Packer, bye, interleaved, rtp, sender_report
from tests.unit.rtsp.playing import gops, wire
from tests.unit.rtsp.server import SDP, SOUND
from tests.unit.rtsp.test_aac import payload

URL = RtspUrl.parse("rtsp://user:SECRET@192.0.2.1/cam?key=SECRET")
BODY = (SDP.format(parameters="") + SOUND).encode()
SET_UP = "RTSP/1.0 200 OK\r\nCSeq: {}\r\nSession: 7\r\nTransport: RTP/AVP/TCP;interleaved={}\r\n\r\n"
ANSWERS = b"".join(
    (
        b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nPublic: PLAY\r\n\r\n",
        b"RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY,
        SET_UP.format(3, "0-1").encode(),
        SET_UP.format(4, "2-3").encode(),
        b"RTSP/1.0 200 OK\r\nCSeq: 5\r\n\r\n",
    )
)
MEDIA = b"".join(
    (
        *gops(11, size=700),
        interleaved(sender_report(1_790_000_000, 0), 1),
        wire((rtp(5 + index, 1000, payload(b"aac", b"aac"), kind=97) for index in range(3)), 2),
        b"\r\nOPTIONS * RTSP/1.0\r\nCSeq: 9\r\n\r\n",
        *gops(11, Packer(first=9), size=1400),
        interleaved(bye(), 1),
    )
)
SESSION = ANSWERS + MEDIA
Outcome = tuple[list[object], list[object], list[str]]


class Transport(FakeTransport):
    """With close(), which leaves after what was written."""

    unsent = 0

    def close(self) -> None:
        self.dropped = True

    def get_write_buffer_size(self) -> int:
        return self.unsent


async def _deliver(pieces: list[bytes], *, until_keyframe: bool, unsent: int) -> Outcome:
    sink, transport = Recorder(), Transport()
    transport.unsent = unsent
    connection = PullConnection(
        URL,
        sink,
        sink,
        limits=ClientLimits(messages=10_000),
        stats=ClientStats(),
        buffer=bytearray(HEADROOM + 65536),
        until_keyframe=until_keyframe,
    )
    connection.connection_made(transport)
    for piece in pieces:
        for at in range(0, len(piece), 65536):
            part = piece[at : at + 65536]
            connection.get_buffer(-1)[: len(part)] = part
            connection.buffer_updated(len(part))
    connection.connection_lost(None)
    assert transport.dropped
    assert len(sink.ended) == 1
    assert str(connection.done.result()) == sink.ended[0]
    assert "internal" not in sink.ended[0]
    assert "SECRET" not in sink.ended[0]
    return list(sink.units), list(sink.sounds), sink.ended


def deliver(*pieces: bytes, until_keyframe: bool = False, unsent: int = 0) -> Outcome:
    """What a pull makes of these reads."""
    return asyncio.run(_deliver(list(pieces), until_keyframe=until_keyframe, unsent=unsent))


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """The session with bytes changed, cut out, doubled or put in."""
    data = bytearray(SESSION)
    for _ in range(draw(st.integers(1, 6))):
        at, size = draw(st.integers(0, len(data) - 1)), draw(st.integers(1, 40))
        kind = draw(st.sampled_from(["set", "cut", "double", "insert"]))
        if kind == "set":
            data[at] = draw(st.integers(0, 255))
        elif kind == "cut":
            del data[at : at + size]
        elif kind == "double":
            data[at:at] = data[at : at + size]
        else:
            data[at:at] = draw(st.binary(min_size=1, max_size=40))
    return bytes(data)


@settings(deadline=None, max_examples=60)
@given(CUTS, st.booleans())
def test_any_split_of_a_session_gives_the_same(cuts: list[int], one: bool) -> None:
    whole = deliver(SESSION, until_keyframe=one)
    assert whole[2] == ["got its keyframe" if one else "ended: BYE"]
    assert len(whole[0]) == (1 if one else 22)
    assert deliver(*split(SESSION, cuts), until_keyframe=one) == whole


def test_byte_by_byte() -> None:
    assert deliver(*(bytes((byte,)) for byte in SESSION)) == deliver(SESSION)


@settings(deadline=None, max_examples=150)
@given(
    st.binary(max_size=2000), st.sampled_from([b"", b"RTSP/1.0 200 OK\r\n", ANSWERS, SESSION[:5000]]), CUTS
)
def test_random_bytes_at_any_stage(data: bytes, before: bytes, cuts: list[int]) -> None:
    assert deliver(*split(before + data, cuts)) == deliver(before + data)


@settings(deadline=None, max_examples=300)
@given(mutated(), CUTS, st.booleans())
def test_a_damaged_session_ends_alike_however_it_is_split(data: bytes, cuts: list[int], one: bool) -> None:
    assert deliver(*split(data, cuts), until_keyframe=one) == deliver(data, until_keyframe=one)


@settings(deadline=None, max_examples=100)
@given(st.lists(st.tuples(st.integers(0, 4), st.binary(max_size=200)), max_size=60))
def test_random_packets_on_its_channels(packets: list[tuple[int, bytes]]) -> None:
    heads = (b"", b"\x80\x60\0\1\0\0\0\1\xde\xca\xfb\xad\x67", b"\x80\xe0\0\2\0\0\0\1\xde\xca\xfb\xad\x7c")
    data = b"".join(interleaved(heads[len(body) % 3] + body, channel) for channel, body in packets)
    deliver(ANSWERS + data)


@settings(deadline=None, max_examples=100)
@given(st.lists(st.tuples(st.integers(65530, 65545), st.integers(0, 3), st.booleans()), max_size=80))
def test_packets_in_any_order_give_times_in_order(packets: list[tuple[int, int, bool]]) -> None:
    nals = [SPS, PPS, IDR + bytes(9), INTER + bytes(9)]
    media = wire(
        rtp(number & 0xFFFF, number * 3600, nals[kind], marker=marker) for number, kind, marker in packets
    )
    units, _, _ = deliver(ANSWERS + media)
    times = [unit.dts for unit in units]  # type: ignore[attr-defined]
    assert times == sorted(times)


@pytest.mark.parametrize("seed", range(6))
def test_floods_hold_little_memory(seed: int) -> None:
    """Megabytes of half-sensible packets: fragments without an end, parameter sets without a number."""
    rng = random.Random(seed)
    packets = []
    for number in range(4000):
        kind = rng.choice([b"\x7c\x85", b"\x7c\x05", b"\x67", b"\x68", b"\x78", b"\x41", b"\x65", b"\x06"])
        body = kind + rng.randbytes(rng.choice([0, 3, 200, 1400]))
        marker = rng.random() < 0.1
        packets.append(rtp(number & 0xFFFF, rng.choice([1, 2, 3]) << 20, body, marker=marker))
    data = ANSWERS + wire(packets)
    tracemalloc.start()
    try:
        deliver(data)
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()


def test_a_server_that_does_not_read_is_left() -> None:
    *_, ended = deliver(ANSWERS, unsent=70_000)
    assert ended == ["protocol error: slow reader: the server does not read what it is told"]
