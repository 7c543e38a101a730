"""RTSP messages: what is read, what is bounded, and how requests look on the wire."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapplatform.rtsp import ClientLimits, ProtocolError
from snapplatform.rtsp.messages import Message, encode_answer, encode_request, read_message

LIMITS = ClientLimits()
# RFC 2326, 10.2, with what its lines leave out.
DESCRIBED = (
    b"RTSP/1.0 200 OK\r\nCSeq: 312\r\nDate: 23 Jan 1997 15:35:06 GMT\r\n"
    b"Content-Type: application/sdp\r\nContent-Length: 9\r\n\r\nv=0\r\ns=a\n"
)


def read(data: bytes) -> tuple[Message, int] | None:
    return read_message(bytearray(data), 0, len(data), LIMITS)


def test_a_response_with_its_body() -> None:
    found = read(DESCRIBED + b"$\0\0\1x")
    assert found is not None
    message, end = found
    assert (message.status, message.sequence, message.body) == (200, 312, b"v=0\r\ns=a\n")
    assert message.get("content-type") == "application/sdp"
    assert end == len(DESCRIBED)


@pytest.mark.parametrize("cut", range(1, len(DESCRIBED)))
def test_a_part_of_it_is_waited_for(cut: int) -> None:
    assert read(DESCRIBED[:cut]) is None


def test_a_request_of_the_server() -> None:
    found = read(b"GET_PARAMETER rtsp://cam.example/a RTSP/1.0\r\nCSeq: 431\r\n\r\n")
    assert found is not None
    assert (found[0].method, found[0].sequence, found[0].status) == ("GET_PARAMETER", 431, 0)


@pytest.mark.parametrize(
    ("lines", "header", "values"),
    [
        (b"RTSP/1.0 200 OK\nCSeq: 1\nA: b\n\n", "a", ["b"]),
        (b"RTSP/1.0 200\r\nA:b\r\n\r\n", "a", ["b"]),
        (b"RTSP/1.0 200 OK\r\nA: b\r\n  c\r\n\r\n", "a", ["b c"]),
        (b"RTSP/1.0 401 No\r\nA: b\r\na: c\r\n\r\n", "a", ["b", "c"]),
        (b"RTSP/1.0 200 OK\r\nA : b:c \r\n\r\n", "a", ["b:c"]),
    ],
)
def test_forms_of_headers(lines: bytes, header: str, values: list[str]) -> None:
    found = read(lines)
    assert found is not None
    assert found[0].all(header) == values


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "message"),
        (b"RTSP/2.0 200 OK\r\n\r\n", "message"),
        (b"RTSP/1.0 OK\r\n\r\n", "message"),
        (b"\x03\x00\x01", "message"),
        (b"RTSP/1.0 200 OK\r\nno colon\r\n\r\n", "message"),
        (b"RTSP/1.0 200 OK\r\nA: b\0c\r\n\r\n", "message"),
        (b"RTSP/1.0 200 OK\r\nA: b\rc\r\n\r\n", "message"),
        (b"RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n", "message"),
        (b"RTSP/1.0 200 OK\r\nContent-Length: 9999999999999\r\n\r\n", "message"),
        (b"RTSP/1.0 200 OK\r\nContent-Length: 65536\r\n\r\n", "size"),
        (b"RTSP/1.0 200 OK\r\n" + b"A: b\r\n" * 64 + b"\r\n", "size"),
        (b"RTSP/1.0 200 OK\r\nA: " + b"b" * 4096 + b"\r\n\r\n", "size"),
        (b"RTSP/1.0 200 OK\r\nA: " + b"b" * 16384, "size"),
    ],
)
def test_what_is_refused(data: bytes, kind: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        read(data)
    assert caught.value.kind == kind


@given(st.binary(max_size=300))
def test_random_bytes_after_a_good_beginning(data: bytes) -> None:
    try:
        read(b"RTSP/1.0 200 OK\r\n" + data)
    except ProtocolError:
        pass


def test_a_request_as_bytes() -> None:
    assert encode_request("SETUP", "rtsp://h/a", 3, [("Transport", "RTP/AVP/TCP")]) == (
        b"SETUP rtsp://h/a RTSP/1.0\r\nCSeq: 3\r\nUser-Agent: Snapplatform\r\nTransport: RTP/AVP/TCP\r\n\r\n"
    )


def test_what_a_server_sent_goes_back_as_the_same_bytes() -> None:
    found = read(b"RTSP/1.0 401 No\r\nWWW-Authenticate: caf\xe9 \xc3\xa9\r\n\r\n")
    assert found is not None
    said = encode_request("OPTIONS", "*", 1, [("A", found[0].get("www-authenticate"))])
    assert b"A: caf\xe9 \xc3\xa9\r\n" in said


def test_an_answer_repeats_the_number() -> None:
    assert encode_answer("200 OK", Message(headers=[("cseq", "7")])) == b"RTSP/1.0 200 OK\r\nCSeq: 7\r\n\r\n"
    assert encode_answer("200 OK", Message(headers=[("cseq", "7x")])) == b"RTSP/1.0 200 OK\r\n\r\n"
