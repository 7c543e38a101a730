"""What the chunk reader refuses, and how little an attacker can make it hold or do."""

import tracemalloc

import pytest

from snapplatform.rtmp import ProtocolError
from snapplatform.rtmp.chunk_reader import ChunkReader
from tests.unit.rtmp.chunking import feed, full, reading
from tests.unit.rtmp.wire import Writer


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        pytest.param(full(2, 6, 5) + b"x", "chunk", id="first header not full"),
        pytest.param(b"\xc6", "chunk", id="first header empty"),
        pytest.param(full(0, 6, 0, 500) + bytes(128) + full(0, 6, 0, 5), "chunk", id="message in a message"),
        pytest.param(full(0, 6, 0, (1 << 20) + 1), "size", id="message too long"),
        pytest.param(full(0, 2, 0, 4, kind=1) + bytes(4), "chunk", id="chunk size 0"),
        pytest.param(full(0, 2, 0, 4, kind=1) + b"\xff" * 4, "chunk", id="chunk size negative"),
        pytest.param(full(0, 2, 0, 2, kind=1) + b"\1\1", "chunk", id="chunk size cut short"),
        pytest.param(full(0, 2, 0, 4, kind=0) + bytes(4), "chunk", id="message of kind 0"),
        pytest.param(b"".join(full(0, n, 0, 1) + b"x" for n in range(3, 70)), "chunk", id="too many streams"),
    ],
)
def test_what_breaks_the_rules_is_refused(data: bytes, kind: str) -> None:
    reader, _ = reading()
    with pytest.raises(ProtocolError) as caught:
        feed(reader, data)
    assert caught.value.kind == kind


def test_unfinished_messages_are_bounded_together() -> None:
    reader, _ = reading(4096)
    parts = [full(0, number, 0, 1 << 20) + bytes(4096) for number in range(3, 60)]
    reader.partial_bytes = 40 * 4096
    feed(reader, b"".join(parts[:40]))
    with pytest.raises(ProtocolError) as caught:
        feed(reader, parts[40])
    assert caught.value.kind == "size"


def test_memory_follows_what_arrives_not_what_is_announced() -> None:
    reader, _ = reading()
    announced = b"".join(full(0, number, 0, 1 << 20) + bytes(128) for number in range(3, 60))
    tracemalloc.start()
    try:
        feed(reader, announced)
        assert tracemalloc.get_traced_memory()[1] < 200_000
    finally:
        tracemalloc.stop()


def test_a_flood_of_tiny_chunks_takes_turns() -> None:
    reader, found = reading()
    data = full(0, 6, 0, 0) + b"\xc6" * 10_000
    pos = reader.feed(data, 0, len(data))
    assert reader.tired
    assert len(found) <= ChunkReader.BURST
    while reader.tired:
        pos = reader.feed(data, pos, len(data))
    assert len(found) == 10_001


def test_what_a_message_cost_counts_like_chunks() -> None:
    reader, found = reading()

    def expensive(*message: object) -> None:
        found.append((0, 0, 0, b""))
        reader.budget -= 1000

    reader.on_message = expensive
    data = Writer().message(6, 9, 0, 1, b"x") * 50
    reader.feed(data, 0, len(data))
    assert reader.tired
    assert len(found) <= 3


def test_it_stops_at_once_when_paused() -> None:
    reader, found = reading()
    data = Writer().message(6, 9, 0, 1, b"one") + Writer().message(6, 9, 0, 1, b"two")
    take = reader.on_message

    def pause(*message: object) -> None:
        take(*message)  # type: ignore[arg-type]  # one message, as it came
        reader.paused = True

    reader.on_message = pause
    pos = reader.feed(data, 0, len(data))
    assert len(found) == 1
    reader.paused = False
    assert reader.feed(data, pos, len(data)) == len(data)
    assert len(found) == 2
