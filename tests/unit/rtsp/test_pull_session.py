"""The conversation with a server: credentials, keep-alive, and servers with ways of their own."""

import asyncio

import pytest

from snapplatform.rtsp import ClientLimits, EndKind, PullClient
from tests.unit.rtmp.serving import eventually
from tests.unit.rtsp.feeding import Recorder
from tests.unit.rtsp.packets import bye, interleaved, rtp
from tests.unit.rtsp.playing import endless, gops, saying, target, wire
from tests.unit.rtsp.server import Asked, Server, answer, listening

NOON = 1_790_000_000.25
FAREWELL = interleaved(bye(), 1)


@pytest.mark.parametrize(
    ("algorithm", "qop"), [("", False), ("MD5", False), ("MD5", True), ("SHA-256", True), ("Basic", False)]
)
async def test_credentials(algorithm: str, qop: bool) -> None:
    server = Server(
        play=saying(*gops(3), FAREWELL), user='b"ob', password="p:a ss", algorithm=algorithm, qop=qop
    )
    sink = Recorder()
    async with listening(server) as port:
        end = await PullClient().pull(target(port, user="b%22ob:p%3Aa%20ss@"), sink)
        assert end.kind is EndKind.ENDED
        await server.gone.wait()
    assert server.methods == ["OPTIONS", "OPTIONS", "DESCRIBE", "SETUP", "PLAY", "TEARDOWN"]
    assert "authorization" not in server.asked[0].headers
    assert all("@" not in one.url for one in server.asked)


async def test_credentials_are_given_to_nobody_who_does_not_ask() -> None:
    server = Server(play=saying(*gops(3), FAREWELL))
    async with listening(server) as port:
        await PullClient().pull(target(port, user="bob:secret@"), Recorder())
    assert all("authorization" not in one.headers for one in server.asked)


@pytest.mark.parametrize("user", ["", "bob:wrong@"])
async def test_wrong_credentials_are_tried_once(user: str) -> None:
    server = Server(user="bob", password="right")
    sink = Recorder()
    async with listening(server) as port:
        end = await PullClient().pull(target(port, user=user), sink)
    assert end.kind is EndKind.REFUSED
    words = "user name or password are wrong" if user else "it wants a user name and a password"
    assert sink.ended == [f"refused: 401 Unauthorized: {words}"]
    assert server.methods == ["OPTIONS", "OPTIONS"][: 2 if user else 1]


async def test_a_nonce_that_expires_in_the_middle() -> None:
    server = Server(play=saying(*gops(3), FAREWELL), user="bob", password="right")
    stale = 'WWW-Authenticate: Digest realm="cams, \\"all\\"", nonce="n0nce", stale=true'
    said = iter([True])

    def once(asked: Asked) -> bytes | None:
        return answer(asked, "401 Unauthorized", stale) if next(said, False) else None

    server.overrides["PLAY"] = once
    async with listening(server) as port:
        end = await PullClient().pull(target(port, user="bob:right@"), Recorder())
    assert end.kind is EndKind.ENDED
    assert server.methods.count("PLAY") == 2


@pytest.mark.parametrize(
    ("public", "method"),
    [("OPTIONS, GET_PARAMETER, PLAY", "GET_PARAMETER"), ("OPTIONS, PLAY", "OPTIONS"), ("", "OPTIONS")],
)
async def test_the_session_is_kept_alive(public: str, method: str) -> None:
    server = Server(play=endless(*gops(10)), timeout=1, public=public)
    limits = ClientLimits(tick_seconds=0.02)
    async with listening(server) as port:
        pull = asyncio.create_task(PullClient(limits).pull(target(port), Recorder()))
        await eventually(lambda: server.methods[4:].count(method) >= 2)
        assert server.asked[-1].headers["session"] == "12345678"
        pull.cancel()
        await asyncio.wait([pull])


@pytest.mark.parametrize("silent", [False, True])
async def test_a_server_that_only_says_that_it_knows_get_parameter(silent: bool) -> None:
    server = Server(play=endless(*gops(10)))
    server.overrides["GET_PARAMETER"] = lambda asked: b"" if silent else answer(asked, "501 Not Implemented")
    limits = ClientLimits(tick_seconds=0.02, keep_alive_seconds=0.1)
    async with listening(server) as port:
        pull = asyncio.create_task(PullClient(limits).pull(target(port), Recorder()))
        await eventually(lambda: server.methods[4:].count("OPTIONS") >= 2)
        pull.cancel()
        await asyncio.wait([pull])
    assert server.methods[4:].count("GET_PARAMETER") == 1


async def test_a_server_that_chooses_other_channels() -> None:
    server = Server(
        play=saying(wire([rtp(1, 0, b"?")]), b"".join(gops(3)).replace(b"$\0", b"$\x06"), FAREWELL)
    )
    server.overrides["SETUP"] = lambda asked: answer(
        asked, "200 OK", "Transport: RTP/AVP/TCP;interleaved=6-1", "Session: 1"
    )
    sink = Recorder()
    async with listening(server) as port:
        await PullClient().pull(target(port), sink)
    assert len(sink.units) == 3


async def test_a_server_that_asks_something_is_answered() -> None:
    heard = bytearray()
    asked = b"OPTIONS * RTSP/1.0\r\nCSeq: 77\r\n\r\nANNOUNCE * RTSP/1.0\r\nCSeq: 78\r\n\r\n"

    class Listening(Server):
        async def _read(self, reader: asyncio.StreamReader) -> Asked | None:
            if self.methods[-1:] == ["PLAY"]:
                heard.extend(await reader.readuntil(b"CSeq: 78\r\n\r\n"))
            return await super()._read(reader)

    async with listening(Listening(play=endless(asked, *gops(10)))) as port:
        pull = asyncio.create_task(PullClient().pull(target(port), Recorder()))
        await eventually(lambda: heard)
        pull.cancel()
        await asyncio.wait([pull])
    assert heard == (b"RTSP/1.0 200 OK\r\nCSeq: 77\r\n\r\nRTSP/1.0 501 Not Implemented\r\nCSeq: 78\r\n\r\n")


async def test_a_live_stream_without_a_beginning_is_played_without_a_range() -> None:
    server = Server(play=saying(*gops(3), FAREWELL))
    server.overrides["PLAY"] = lambda asked: (
        answer(asked, "457 Invalid Range") if "range" in asked.headers else None
    )
    async with listening(server) as port:
        end = await PullClient().pull(target(port), Recorder())
    assert end.kind is EndKind.ENDED
    assert server.methods.count("PLAY") == 2


async def test_options_may_fail() -> None:
    server = Server(play=saying(*gops(3), FAREWELL))
    server.overrides["OPTIONS"] = lambda asked: answer(asked, "405 Method Not Allowed")
    async with listening(server) as port:
        assert (await PullClient().pull(target(port), Recorder())).kind is EndKind.ENDED


async def test_answers_without_numbers_and_answers_to_nothing() -> None:
    server = Server(play=saying(*gops(3), FAREWELL))
    server.overrides["OPTIONS"] = lambda asked: b"\r\nRTSP/1.0 100 Continue\r\n\r\nRTSP/1.0 200 OK\r\n\r\n"
    server.overrides["PLAY"] = lambda asked: (
        b"RTSP/1.0 404 Not Found\r\nCSeq: 999\r\n\r\n"
        + answer(asked, "200 OK")
        + answer(asked, "404 Not Found")
    )
    async with listening(server) as port:
        assert (await PullClient().pull(target(port), Recorder())).kind is EndKind.ENDED


async def test_a_server_whose_nonces_are_always_stale() -> None:
    server = Server(user="bob", password="right")
    stale = 'WWW-Authenticate: Digest realm="r", nonce="n", stale=true'
    server.overrides["OPTIONS"] = lambda asked: answer(asked, "401 Unauthorized", stale)
    async with listening(server) as port:
        end = await PullClient().pull(target(port, user="bob:right@"), Recorder())
    assert end.kind is EndKind.REFUSED
    assert server.methods == ["OPTIONS", "OPTIONS"]
