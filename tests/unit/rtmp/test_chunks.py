"""Chunks in: every header form, any chunk size, any split, and the limits."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.rtmp.chunking import AFTER, basic, feed, full, reading
from tests.unit.rtmp.wire import Writer, frame


@pytest.mark.parametrize("number", [2, 3, 63, 64, 319, 320, 65599])
@pytest.mark.parametrize("size", [0, 1, 127, 128, 129, 256, 5000])
def test_every_form_of_chunk_stream_id(number: int, size: int) -> None:
    body = frame(size + 5)[:size]
    pieces = [body[at : at + 128] for at in range(0, size, 128)] or [b""]
    data = full(0, number, 77, size) + basic(3, number).join(pieces)
    reader, found = reading()
    assert feed(reader, data) == b""
    assert found == [(9, 77, 1, body)]


def test_later_headers_leave_out_what_did_not_change() -> None:
    data = (
        full(0, 6, 1000, 3)
        + b"one"
        + full(1, 6, 40, 4)
        + b"four"
        + full(2, 6, 20)
        + b"six!"
        + b"\xc6"
        + b"last"
    )
    reader, found = reading()
    feed(reader, data)
    assert [(time, body) for _, time, _, body in found] == [
        (1000, b"one"), (1040, b"four"), (1060, b"six!"), (1080, b"last"),
    ]  # fmt: skip


def test_a_control_stream_may_open_with_a_short_header() -> None:
    reader, found = reading()
    feed(reader, full(1, 2, 0, 6, kind=4) + bytes(6))
    assert found == [(4, 0, 0, bytes(6))]


def test_a_message_like_its_full_header_steps_by_the_same_time() -> None:
    reader, found = reading()
    feed(reader, full(0, 6, 33, 1) + b"a" + b"\xc6b")
    assert [found[0][1], found[1][1]] == [33, 66]


@pytest.mark.parametrize("repeats", [True, False])
@pytest.mark.parametrize("size", [100, 129, 1000])
def test_extended_times_repeated_or_not(repeats: bool, size: int) -> None:
    body, time = frame(size), 0x01020304
    between = b"\xc6" + (struct.pack(">I", time) if repeats else b"")
    message = full(0, 6, time, size) + between.join(body[at : at + 128] for at in range(0, size, 128))
    reader, found = reading()
    feed(reader, message * 3 + AFTER)
    assert found[:-1] == [(9, time, 1, body)] * 3


def test_time_wraps_at_32_bits() -> None:
    reader, found = reading()
    feed(reader, full(0, 6, 0xFFFFFFF0, 1) + b"a" + full(2, 6, 0x20) + b"b")
    assert found[1][1] == 0x10


def test_chunk_streams_may_be_interleaved() -> None:
    video, audio = frame(1000), frame(300)
    v = [video[at : at + 128] for at in range(0, 1000, 128)]
    a = [audio[at : at + 128] for at in range(0, 300, 128)]
    data = full(0, 6, 5, 1000) + v[0] + b"\xc6" + v[1] + b"\xc6" + v[2] + full(0, 4, 6, 300, kind=8) + a[0]
    data += b"\xc6" + b"\xc6".join(v[3:7]) + b"\xc4" + a[1] + b"\xc6" + v[7] + b"\xc4" + a[2]
    reader, found = reading()
    feed(reader, data)
    assert found == [(9, 5, 1, video), (8, 6, 1, audio)]


def test_the_peer_changes_its_chunk_size_between_messages() -> None:
    writer = Writer()
    body = frame(9000)
    data = writer.message(6, 9, 1, 1, body)
    for size in (4096, 1, 60000, 0x7FFFFFFF):
        data += writer.set_chunk_size(size) + writer.message(6, 9, 1, 1, body)
    reader, found = reading()
    feed(reader, data)
    assert [message[3] for message in found] == [body] * 5


def test_an_aborted_message_is_forgotten() -> None:
    reader, found = reading()
    data = full(0, 6, 0, 500) + bytes(128) + Writer().message(2, 2, 0, 0, struct.pack(">I", 6))
    feed(reader, data + full(0, 6, 9, 3) + b"new")
    assert found == [(9, 9, 1, b"new")]


def test_payloads_are_bytes_of_their_own() -> None:
    reader, found = reading(4096)
    data = bytearray(Writer(4096).message(6, 9, 0, 1, frame(10_000)))
    reader.feed(data, 0, len(data))
    data.clear()  # would fail if a view of it were still held
    assert type(found[0][3]) is bytes
    assert found[0][3] == frame(10_000)


MESSAGE = st.tuples(
    st.integers(0, 6),  # chunk stream
    st.one_of(st.integers(0, 5).map(lambda step: step * 40), st.integers(0, 0xFFFFFFFF)),
    st.one_of(st.sampled_from([0, 100, 128, 700]), st.integers(0, 6000)),
)


class Headers:
    """Full headers, or the shortest that say the same after what went before on the chunk stream."""

    def __init__(self, compress: bool) -> None:
        self._compress = compress
        self._before: dict[int, tuple[int, int, int]] = {}  # time, length, time field

    def next(self, number: int, time: int, size: int, repeats: bool) -> tuple[bytes, bytes]:
        """The header of a new message, and the header of its further chunks."""
        form, field = 0, time
        before = self._before.get(number)
        if self._compress and before is not None and time >= before[0]:
            field = time - before[0]
            form = 1 if size != before[1] else 2 if field != before[2] else 3
        self._before[number] = (time, size, field)
        extended = struct.pack(">I", field) if field >= 0xFFFFFF and repeats else b""
        further = basic(3, number) + extended
        return (further if form == 3 else full(form, number, field, size)), further


def interleave(
    messages: list[tuple[int, int, int]], chunk_size: int, repeats: bool, compress: bool, order: list[int]
) -> bytes:
    """Chunks of all messages, those of different chunk streams mixed as `order` says."""
    queues: dict[int, list[bytes]] = {}
    headers = Headers(compress)
    for pick, time, size in messages:
        number = (3, 4, 63, 64, 319, 320, 65599)[pick]
        body = frame(size + 5)[:size]
        first, further = headers.next(number, time, size, repeats)
        pieces = [body[at : at + chunk_size] for at in range(0, size, chunk_size)] or [b""]
        queues.setdefault(number, []).extend([first + pieces[0], *(further + piece for piece in pieces[1:])])
    out = b""
    while queues:
        number = sorted(queues)[order[len(out) % len(order)] % len(queues)]
        out += queues[number].pop(0)
        if not queues[number]:
            del queues[number]
    return out + AFTER


@settings(deadline=None, max_examples=150)
@given(
    st.lists(MESSAGE, min_size=1, max_size=12),
    st.sampled_from([1, 60, 64, 65, 128, 200, 4096]),
    st.booleans(),
    st.booleans(),
    st.lists(st.integers(0, 6), min_size=1, max_size=9),
    st.data(),
)
def test_any_mixture_and_any_split_gives_the_same_messages(
    messages: list[tuple[int, int, int]],
    chunk_size: int,
    repeats: bool,
    compress: bool,
    order: list[int],
    data: st.DataObject,
) -> None:
    wire = interleave(messages, chunk_size, repeats, compress, order)
    whole, found = reading(chunk_size)
    assert feed(whole, wire) == b""
    cuts = sorted(data.draw(st.lists(st.integers(0, len(wire)), max_size=30)))
    split, again = reading(chunk_size)
    assert feed(split, wire, cuts) == b""
    assert again == found
    expected = sorted((9, time, 1, frame(size + 5)[:size]) for _, time, size in messages)
    assert sorted(found[:-1]) == expected
