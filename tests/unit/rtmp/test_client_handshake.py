"""The client's handshake with servers of both forms, in any pieces."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snapplatform.rtmp import ProtocolError
from snapplatform.rtmp.client_handshake import ClientHandshake
from snapplatform.rtmp.handshake import (
    CLIENT_NAME,
    SERVER_NAME,
    SIZE,
    Handshake,
    answer_to,
    find_digest,
    reply,
)

SIMPLE = bytes((3,)) + bytes(8) + bytes(range(256)) * 5 + bytes(248) + bytes(SIZE)


def shake(handshake: ClientHandshake, data: bytes, step: int = 10_000) -> bytes:
    """All that the client answers to `data`."""
    said = b""
    for at in range(0, len(data), step):
        pos = at
        while pos < min(at + step, len(data)) and not handshake.done:
            pos, answer = handshake.feed(data, pos, min(at + step, len(data)))
            said += answer
    return said


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 4000))
def test_a_simple_server_gets_its_own_bytes_back(step: int) -> None:
    handshake = ClientHandshake()
    assert shake(handshake, SIMPLE, step) == SIMPLE[1 : 1 + SIZE]
    assert handshake.done


def test_a_signing_server_gets_a_signature() -> None:
    handshake = ClientHandshake()
    assert find_digest(handshake.hello[1:], CLIENT_NAME) is not None
    answer = answer_to(handshake.hello[1:])
    found = find_digest(answer[1 : 1 + SIZE], SERVER_NAME)
    assert found is not None, "our server signs for a client that signs"
    c2 = shake(handshake, answer)
    assert len(c2) == SIZE
    assert c2[-32:] != answer[1 : 1 + SIZE][-32:]
    assert c2[-32:] == _signature(c2, found[0])


def _signature(block: bytes, digest: bytes) -> bytes:
    import hmac

    from snapplatform.rtmp.handshake import _SUFFIX

    key = hmac.digest(CLIENT_NAME + _SUFFIX, digest, "sha256")
    return hmac.digest(key, block[:-32], "sha256")


def test_both_sides_agree_and_leave_what_follows() -> None:
    client, server = ClientHandshake(), Handshake()
    _, answer = server.feed(client.hello, 0, len(client.hello))
    c2 = shake(client, answer)
    assert client.done
    pos, _ = server.feed(c2 + b"more", 0, SIZE + 4)
    assert (pos, server.done) == (SIZE, True)
    assert len(reply(CLIENT_NAME, bytes(32))) == SIZE


@pytest.mark.parametrize("data", [b"HTTP/1.1 400 Bad Request", b"\x06", b"\x16\x03\x01"])
def test_what_is_not_rtmp_is_told_by_its_first_byte(data: bytes) -> None:
    with pytest.raises(ProtocolError, match="handshake"):
        ClientHandshake().feed(data, 0, len(data))
