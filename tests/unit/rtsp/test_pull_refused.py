"""Servers that refuse, or offer what is not taken: each reason in words, and none of the server's own."""

import pytest

from tests.unit.rtsp.playing import endless, gops
from tests.unit.rtsp.server import SDP, Server, answer
from tests.unit.rtsp.test_pull_ends import SECRET, ending


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("404 Not Found", "refused: 404 Stream Not Found"),
        (f"403 {SECRET}", "refused: 403 Forbidden"),
        ("453 Not Enough Bandwidth", "refused: 453 Not Enough Bandwidth"),
        ("461 Unsupported Transport", "refused: 461 Unsupported Transport: the server gives no RTP over TCP"),
        ("500 Internal Server Error", "refused: 500 Internal Server Error"),
        ("599 What", "refused: 599"),
        (
            "301 Moved Permanently",
            "refused: 301 Redirect: another address is not followed; give it as the stream's URL",
        ),
        ("302 Found", "refused: 302 Redirect: another address is not followed; give it as the stream's URL"),
        ("401 Unauthorized", "refused: 401 Unauthorized: it wants a user name and a password"),
    ],
)
@pytest.mark.parametrize("method", ["DESCRIBE", "SETUP", "PLAY"])
async def test_what_the_server_says(method: str, status: str, reason: str) -> None:
    server = Server()
    elsewhere = f"Location: rtsp://other.example/{SECRET}"
    server.overrides[method] = lambda asked: answer(asked, status, elsewhere)
    assert await ending(server) == reason
    assert server.methods[-1] == ("TEARDOWN" if method == "PLAY" else method)


@pytest.mark.parametrize(
    ("headers", "body", "reason"),
    [
        ((), b"", "protocol error: sdp: the description is not SDP"),
        ((), b"v=0\r\n", "unsupported: no video in the server's description"),
        ((), b"v=0\r\nm=video 0 RTP/AVP 26\r\n", "unsupported: video is jpeg; H.264 and HEVC can be taken"),
        (
            (),
            SDP.format(parameters="").replace("mode=1", "mode=2").encode(),
            "unsupported: H.264 in interleaved packets (packetization-mode 2)",
        ),
        (
            ("Content-Base: rtsp://h/\tX",),
            SDP.format(parameters="").encode(),
            "protocol error: sdp: an address with characters that no URL holds",
        ),
        (("Content-Length: 70000",), b"", "protocol error: size: a message of more than 65536 bytes"),
    ],
)
async def test_descriptions(headers: tuple[str, ...], body: bytes, reason: str) -> None:
    server = Server()
    server.overrides["DESCRIBE"] = lambda asked: answer(asked, "200 OK", *headers, body=body)
    assert await ending(server) == reason


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        (["Session: 1", "Transport: RTP/AVP;unicast"], "unsupported: the server gives no RTP over TCP"),
        (["Session: a b"], "protocol error: message: SETUP was answered without a session"),
        ([], "protocol error: message: SETUP was answered without a session"),
    ],
)
async def test_setups(headers: list[str], reason: str) -> None:
    server = Server()
    server.overrides["SETUP"] = lambda asked: answer(asked, "200 OK", *headers)
    assert await ending(server) == reason


async def test_a_session_that_the_server_forgot() -> None:
    server = Server(play=endless(*gops(10)), timeout=1)
    server.overrides["GET_PARAMETER"] = lambda asked: answer(asked, "454 Session Not Found")
    assert await ending(server) == "refused: 454 Session Not Found"
