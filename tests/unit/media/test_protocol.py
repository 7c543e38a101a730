"""Messages of pool and decoder survive whatever the other side sends."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapplatform.media import protocol
from snapplatform.media.picture import take_picture
from snapplatform.media.types import DecodeFailed, OutputSpec

from .samples import request
from .test_exif import FACTS

OUTPUTS = [OutputSpec("jpeg"), OutputSpec("png", height=45)]


def split(message: bytes):
    header, parts = protocol.unpack_prefix(message[: protocol.PREFIX.size])
    body = message[protocol.PREFIX.size :]
    assert len(body) == header + parts
    return protocol.unpack(body, header)


def test_a_request_arrives_as_it_was_sent():
    asked = request(outputs=OUTPUTS, previous=b"before", exif=FACTS)
    got = protocol.parse_request(*split(protocol.request_message(asked, 5.0)))
    assert (got.config, got.outputs, got.previous, got.exif) == (asked.config, OUTPUTS, b"before", FACTS)
    assert [(p.dts_ms, p.cts_ms, p.keyframe, bytes(p.data)) for p in got.packets] == [
        (p.dts_ms, p.cts_ms, p.keyframe, p.data) for p in asked.packets
    ]


def test_a_result_arrives_as_it_was_sent():
    result = take_picture(request(outputs=OUTPUTS))
    assert protocol.parse_result(*split(protocol.result_message(result)), OUTPUTS) == result


def test_a_failure_arrives_as_its_error():
    message = protocol.failure_message(DecodeFailed("corrupt", "why " * 1000))
    with pytest.raises(DecodeFailed) as failed:
        protocol.parse_result(*split(message), OUTPUTS)
    assert failed.value.reason == "corrupt"
    assert len(failed.value.detail) == 500


@pytest.mark.parametrize(
    "change",
    [
        {"failed": "because"},
        {"failed": ["corrupt"]},
        {"flags": ["pretty"]},
        {"flags": 5},
        {"source": [320]},
        {"source": [320, 10**9]},
        {"source": [True, 180]},
        {"ms": [-1, 1]},
        {"ms": ["soon", 1]},
        {"luma": None},
        {"luma": 1e300},
        {"pictures": []},
        {"pictures": [["jpeg", 320, 180, "00"], ["png", 80, 45, "00"]]},
        {"pictures": [["png", 320, 180, "00" * 32], ["png", 80, 45, "00" * 32]]},
        {"pictures": 7},
    ],
)
def test_a_wrong_answer_is_a_protocol_error(change):
    header, parts = split(protocol.result_message(take_picture(request(outputs=OUTPUTS))))
    with pytest.raises(protocol.ProtocolError):
        protocol.parse_result({**header, **change}, parts, OUTPUTS)


@given(st.binary(max_size=300), st.integers(0, 400))
def test_random_bodies_are_protocol_errors(body, header_size):
    with pytest.raises((protocol.ProtocolError, DecodeFailed)):
        protocol.parse_result(*protocol.unpack(body, header_size), OUTPUTS)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
fields = st.sampled_from(["failed", "flags", "source", "ms", "luma", "pictures", "aspect", "parts"])


@given(st.dictionaries(fields, json_values) | json_values)
def test_random_headers_are_protocol_errors(header):
    text = json.dumps(header).encode()
    with pytest.raises((protocol.ProtocolError, DecodeFailed)):
        protocol.parse_result(*protocol.unpack(text, len(text)), OUTPUTS)


def test_deep_nesting_is_a_protocol_error():
    text = b"[" * 200_000
    with pytest.raises(protocol.ProtocolError):
        protocol.unpack(text, len(text))


@pytest.mark.parametrize("prefix", [b"HTTP" + bytes(8), protocol.PREFIX.pack(b"SNP1", 1 << 30, 0)])
def test_a_wrong_start_is_a_protocol_error(prefix):
    with pytest.raises(protocol.ProtocolError):
        protocol.unpack_prefix(prefix)


def test_too_big_a_request_is_not_sent():
    with pytest.raises(protocol.ProtocolError, match="beyond the limit"):
        protocol.pack({}, [memoryview(bytes(1))] * (1 << 20))
