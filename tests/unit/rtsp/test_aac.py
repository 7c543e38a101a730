"""AAC frames out of packets (RFC 3640, 3.3.6)."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapplatform.rtsp.aac import AacFrames


def payload(*frames: bytes, sizes: list[int] | None = None) -> bytes:
    sizes = sizes or [len(frame) for frame in frames]
    heads = b"".join(struct.pack(">H", size << 3) for size in sizes)
    return struct.pack(">H", len(heads) * 8) + heads + b"".join(frames)


def push(one: AacFrames, data: bytes) -> list[tuple[int, bytes]]:
    return list(one.push(bytearray(b"?" + data + b"?"), 1, 1 + len(data)))


def test_one_frame_and_several() -> None:
    one = AacFrames()
    assert push(one, payload(b"sound")) == [(0, b"sound")]
    assert push(one, payload(b"a", b"bc", b"def")) == [(0, b"a"), (1024, b"bc"), (2048, b"def")]


def test_a_frame_over_several_packets() -> None:
    one = AacFrames()
    assert push(one, payload(b"abc", sizes=[8])) == []
    assert push(one, payload(b"def", sizes=[8])) == []
    assert push(one, payload(b"gh", sizes=[8])) == [(0, b"abcdefgh")]
    assert push(one, payload(b"whole")) == [(0, b"whole")]


def test_a_lost_part_costs_its_frame() -> None:
    one = AacFrames()
    push(one, payload(b"abc", sizes=[8]))
    one.lose()
    assert push(one, payload(b"gh", sizes=[8])) == []
    assert push(one, payload(b"abcdefgh")) == [(0, b"abcdefgh")]


@pytest.mark.parametrize(
    "data",
    [b"", b"\0", b"\0\0", b"\0\x10", b"\0\x08\0", b"\xff\xff\0\0", payload(b"a", b"b", sizes=[1, 900])[:-1]],
)
def test_what_does_not_fit_together(data: bytes) -> None:
    assert [frame for _, frame in push(AacFrames(), data)] in ([], [b"a"])


@given(st.lists(st.binary(max_size=50), max_size=20))
def test_random_payloads(packets: list[bytes]) -> None:
    one = AacFrames()
    for data in packets:
        assert all(len(frame) < 8192 for _, frame in push(one, data))
        assert len(one._partial) < 8192 + 50
