"""The opening exchange: echoed for simple clients, signed for those that sign."""

import hmac
import random

import pytest

from snapplatform.rtmp import ProtocolError
from snapplatform.rtmp.handshake import DIGEST, SIZE, Handshake, answer_to, digest_of, digest_position

CLIENT_NAME = b"Genuine Adobe Flash Player 001"
SERVER_NAME = b"Genuine Adobe Flash Media Server 001"
SUFFIX = bytes.fromhex("f0eec24a8068bee82e00d0d1029e7e576eec5d2d29806fab93b8e636cfeb31ae")
SCHEMES = [(8, 12), (772, 776)]


def signed_c1(place: int, base: int, seed: int) -> tuple[bytes, bytes]:
    block = bytearray(random.Random(seed).randbytes(SIZE))
    block[4:8] = b"\x80\x00\x07\x02"
    at = digest_position(bytes(block), place, base)
    digest = digest_of(bytes(block), at, CLIENT_NAME)
    block[at : at + DIGEST] = digest
    return bytes(block), digest


def test_a_simple_client_gets_its_bytes_back() -> None:
    c1 = bytes(8) + random.Random(3).randbytes(SIZE - 8)
    answer = answer_to(c1)
    assert len(answer) == 1 + 2 * SIZE
    assert answer[0] == 3
    assert answer[-SIZE:] == c1


def test_a_version_without_a_digest_is_echoed_too() -> None:
    c1 = bytes(4) + b"\x09\0\x7c\x02" + bytes(SIZE - 8)
    assert answer_to(c1)[-SIZE:] == c1


@pytest.mark.parametrize(("place", "base"), SCHEMES)
@pytest.mark.parametrize("seed", range(5))
def test_a_signed_hello_is_answered_signed(place: int, base: int, seed: int) -> None:
    c1, digest = signed_c1(place, base, seed)
    answer = answer_to(c1)
    s1, s2 = answer[1 : 1 + SIZE], answer[1 + SIZE :]
    at = digest_position(s1, place, base)
    assert s1[at : at + DIGEST] == digest_of(s1, at, SERVER_NAME)
    key = hmac.digest(SERVER_NAME + SUFFIX, digest, "sha256")
    assert s2[-DIGEST:] == hmac.digest(key, s2[:-DIGEST], "sha256")


def test_it_works_byte_by_byte_and_leaves_what_follows() -> None:
    handshake = Handshake()
    data = b"\x03" + bytes(2 * SIZE) + b"chunks"
    sent, pos = b"", 0
    while not handshake.done:
        step, answer = handshake.feed(data, pos, pos + 1)
        assert step == pos + 1
        assert bool(answer) == (step == 1 + SIZE)
        sent, pos = sent + answer, step
    assert data[pos:] == b"chunks"
    assert len(sent) == 1 + 2 * SIZE


@pytest.mark.parametrize("first", [0, 6, 22, ord("G")])
def test_another_version_is_refused_at_its_first_byte(first: int) -> None:
    with pytest.raises(ProtocolError, match="version"):
        Handshake().feed(bytes((first,)), 0, 1)
