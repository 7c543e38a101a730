"""Servers that are silent, slow or wrong: each ends its own pull, in bounded time, with its reason."""

import asyncio

import pytest

from snapplatform.rtsp import ClientLimits, EndKind, PullClient
from tests.unit.rtmp.pulling import every, scripted
from tests.unit.rtmp.pulling import saying as saying_only
from tests.unit.rtsp.feeding import INTER, Recorder
from tests.unit.rtsp.packets import Packer, bye, interleaved, rtp, sender_report
from tests.unit.rtsp.playing import QUICK, endless, gops, saying, target, wire
from tests.unit.rtsp.server import SDP, SOUND, Player, Server, listening
from tests.unit.rtsp.test_aac import payload

SECRET = "k3y-of-the-owner"
PATIENT = ClientLimits(tick_seconds=0.02)


async def ending(server: Server, limits: ClientLimits = PATIENT, **options: bool) -> str:
    sink = Recorder()
    async with listening(server) as port, asyncio.timeout(20):
        end = await PullClient(limits).pull(target(port, f"cam?key={SECRET}"), sink, audio=sink, **options)
        await server.gone.wait()
    assert sink.ended == [str(end)]
    assert SECRET not in repr(end)
    return str(end)


@pytest.mark.parametrize("method", ["OPTIONS", "DESCRIBE", "SETUP", "PLAY"])
async def test_no_answer(method: str) -> None:
    server = Server()
    server.overrides[method] = lambda asked: b""
    assert await ending(server, QUICK) == f"answer timed out: no answer to {method}"


async def test_a_server_that_dribbles_its_answer() -> None:
    async with scripted(every(0.02, b"R")) as port, asyncio.timeout(5):
        end = await PullClient(QUICK).pull(target(port), Recorder())
    assert str(end) == "answer timed out: no answer to OPTIONS"


def sounding(count: int = 1) -> bytes:
    return wire((rtp(5 + index, 1000, payload(b"aac"), kind=97) for index in range(count)), 2)


@pytest.mark.parametrize(
    ("play", "reason"),
    [
        pytest.param(None, "silence: nothing for 0.8 s", id="nothing"),
        pytest.param(saying(*gops(3)), "silence: nothing for 0.8 s", id="pictures, then nothing"),
        pytest.param(endless(sounding()), "no video: no picture for 1.2 s", id="sound alone"),
        pytest.param(
            endless(interleaved(sender_report(1e9, 0), 1)),
            "silence: no picture for 1.2 s",
            id="reports alone",
        ),
        pytest.param(
            endless(wire([rtp(1, 0, b"\x7c\x05abc")])), "silence: no picture for 1.2 s", id="half a picture"
        ),
        pytest.param(
            endless(b"$\x09\0\4data"), "silence: no picture for 1.2 s", id="a channel that is nobody's"
        ),
        pytest.param(endless(b"$", b"\0"), "silence: no picture for 1.2 s", id="dribbled packet"),
        pytest.param(saying(close=True), "connection lost: closed by the server", id="closed"),
        pytest.param(saying(interleaved(bye(), 1)), "ended: BYE", id="farewell"),
        pytest.param(saying(b"TEARDOWN * RTSP/1.0\r\n\r\n"), "ended: TEARDOWN", id="torn down"),
        pytest.param(
            saying(b"REDIRECT * RTSP/1.0\r\nLocation: rtsp://other.example/\r\n\r\n"),
            "refused: 302 Redirect: another address is not followed; give it as the stream's URL",
            id="sent elsewhere",
        ),
        pytest.param(
            saying(b"HTTP/1.1 200 OK\r\n\r\n"),
            "protocol error: message: the server does not speak RTSP/1.0",
            id="HTTP",
        ),
        pytest.param(
            saying(b"\xff"), "protocol error: message: the server does not speak RTSP", id="rubbish"
        ),
        pytest.param(
            saying(b"RTSP/1.0 200 OK\r\n\r\n" * 500),
            "protocol error: message: more than 64 messages a tick",
            id="a flood of messages",
        ),
        pytest.param(
            saying(wire([rtp(1, 0, b"\x79\x00\x00")])),
            "unsupported: H.264 in packets of type STAP-B",
            id="STAP-B",
        ),
    ],
)
async def test_how_playing_ends(play: Player | None, reason: str) -> None:
    assert await ending(Server(SDP.format(parameters="") + SOUND, play), QUICK) == reason


async def test_headers_without_an_end() -> None:
    async with scripted(saying_only(b"RTSP/1.0 200 OK\r\n" + b"A: b\r\n" * 1_000_000)) as port:
        end = await PullClient().pull(target(port), Recorder())
    assert str(end) == "protocol error: size: headers of more than 16384 bytes"


async def test_a_picture_without_an_end() -> None:
    limits = ClientLimits(unit_bytes=100_000)
    packer = Packer()
    middle = b"".join(interleaved(packer.packet(b"\x7c\x05" + bytes(1000), 0)) for _ in range(2000))
    first = interleaved(Packer(first=65499).packet(b"\x7c\x85" + bytes(1000), 0))
    assert await ending(Server(play=saying(first + middle)), limits) == (
        "protocol error: size: a picture of more than 100000 bytes"
    )


async def test_pictures_without_a_keyframe_end_a_wait_for_one() -> None:
    packer = Packer()
    frames = [wire(packer.unit([INTER + bytes(99)], index * 3600)) for index in range(100)]
    reason = await ending(Server(play=endless(*frames)), QUICK, until_keyframe=True)
    assert reason == "no video: no keyframe for 1.5 s"


async def test_a_keyframe_that_never_comes_does_not_end_a_lasting_pull() -> None:
    packer = Packer()
    frames = [wire(packer.unit([INTER + bytes(99)], index * 3600)) for index in range(200)]
    client, sink = PullClient(QUICK), Recorder()
    async with listening(Server(play=endless(*frames))) as port:
        pull = asyncio.create_task(client.pull(target(port), sink))
        await asyncio.sleep(2 * QUICK.keyframe_seconds)
        assert not pull.done()
        assert client.stats.skipped_units > 10
        pull.cancel()
        await asyncio.wait([pull])
    assert sink.ended == [str(EndKind.CANCELLED)]
