"""Aggregate messages are taken apart, with times of their own, in bounded work."""

import struct

import pytest

from snapplatform.rtmp import ProtocolError
from snapplatform.rtmp.aggregate import MAX_PARTS, split
from tests.unit.rtmp.relay import Relay
from tests.unit.rtmp.serving import client, eventually, publishing, serving
from tests.unit.rtmp.wire import Writer, frame, keyframe


def tag(kind: int, time: int, body: bytes) -> bytes:
    head = bytes((kind,)) + len(body).to_bytes(3, "big") + (time & 0xFFFFFF).to_bytes(3, "big")
    return head + bytes((time >> 24,)) + bytes(3) + body + struct.pack(">I", 11 + len(body))


def test_times_count_from_that_of_the_message() -> None:
    payload = tag(9, 0x01FFFFF0, b"one") + tag(18, 0, b"data") + tag(8, 0x02000010, b"two")
    assert list(split(500, payload)) == [(9, 500, b"one"), (8, 532, b"two")]
    assert list(split(500, b"")) == []
    assert list(split(500, payload[:-4])) == list(split(500, payload))


@pytest.mark.parametrize("payload", [b"\x09", tag(9, 0, b"four")[:14], tag(9, 0, b"") * (MAX_PARTS + 1)])
def test_malformed_ones_cost_the_connection(payload: bytes) -> None:
    with pytest.raises(ProtocolError):
        list(split(0, payload))


async def test_a_publisher_may_send_them() -> None:
    relay, writer = Relay(), Writer()
    async with serving(relay) as server, client(server) as one:
        await publishing(one, writer)
        body = tag(9, 7, keyframe(300)) + tag(9, 47, frame(200)) + tag(8, 50, b"\xaf\x01sound")
        one.send(writer.message(4, 22, 1000, 1, body))
        await eventually(lambda: relay.all and len(relay.all[0].messages) == 3)
        assert [message[:2] for message in relay.all[0].messages] == [(9, 1000), (9, 1040), (8, 1043)]
