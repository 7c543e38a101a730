"""Damaged and hostile servers: nothing but an end, whatever pieces it comes in, in bounded memory."""

import asyncio
import random
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snapplatform.rtmp import ClientLimits, ClientStats, RtmpUrl
from snapplatform.rtmp.host import HEADROOM
from snapplatform.rtmp.pull_connection import PullConnection
from tests.unit.rtmp.pulling import PLAYING, SHAKE, Recorder, playing_session
from tests.unit.rtmp.test_fuzz import CUTS, FakeTransport, mutated, read_all, split

SESSIONS = {size: playing_session(size) for size in (128, 1000, 4096)}
URL = RtmpUrl.parse("rtmp://192.0.2.1/live/cam?key=SECRET")
Outcome = tuple[list[tuple[int, int, bytes]], list[str]]


async def _deliver(pieces: list[bytes], *, until_keyframe: bool) -> Outcome:
    sink, transport = Recorder(), FakeTransport()
    connection = PullConnection(
        URL,
        sink,
        limits=ClientLimits(),
        stats=ClientStats(),
        buffer=bytearray(HEADROOM + 65536),
        until_keyframe=until_keyframe,
    )
    await read_all(connection, transport, pieces)
    assert len(sink.closed) == 1
    assert str(connection.done.result()) == sink.closed[0]
    assert "internal" not in sink.closed[0]
    assert "SECRET" not in sink.closed[0]
    return sink.messages, sink.closed


def deliver(*pieces: bytes, until_keyframe: bool = False) -> Outcome:
    """What a pull makes of these reads."""
    return asyncio.run(_deliver(list(pieces), until_keyframe=until_keyframe))


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(sorted(SESSIONS)), CUTS, st.booleans())
def test_any_split_of_a_session_gives_the_same(chunk_size: int, cuts: list[int], one: bool) -> None:
    session = SESSIONS[chunk_size]
    whole = deliver(session, until_keyframe=one)
    assert whole[1] == ["got its keyframe" if one else "ended: NetStream.Play.UnpublishNotify"]
    assert deliver(*split(session, cuts), until_keyframe=one) == whole


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=2000), st.sampled_from([b"", SHAKE, PLAYING, SESSIONS[128][:4500]]), CUTS)
def test_random_bytes_at_any_stage(data: bytes, before: bytes, cuts: list[int]) -> None:
    assert deliver(*split(before + data, cuts)) == deliver(before + data)


@settings(deadline=None, max_examples=200)
@given(mutated(SESSIONS), CUTS, st.booleans())
def test_a_damaged_session_ends_alike_however_it_is_split(data: bytes, cuts: list[int], one: bool) -> None:
    assert deliver(*split(data, cuts), until_keyframe=one) == deliver(data, until_keyframe=one)


@pytest.mark.parametrize("seed", range(6))
def test_floods_hold_little_memory(seed: int) -> None:
    """A megabyte of half-sensible chunks on many chunk streams, before the stream was asked for."""
    rng = random.Random(seed)
    chunks = []
    for _ in range(6000):
        size = rng.choice([10, 5000, 65_000, 0xFFFFFF])
        head = bytes((rng.randrange(256),)) + rng.randbytes(3) + size.to_bytes(3, "big") + b"\x09"
        chunks.append(head + rng.randbytes(4) + rng.randbytes(rng.choice([0, 128])))
    flood = SHAKE + b"".join(chunks)
    tracemalloc.start()
    try:
        deliver(flood)
        assert tracemalloc.get_traced_memory()[1] < 1_500_000
    finally:
        tracemalloc.stop()
