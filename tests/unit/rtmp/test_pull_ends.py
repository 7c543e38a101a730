"""Servers that are silent, slow, rude or wrong: each ends its own pull, in bounded time, with its reason."""

import asyncio

import pytest

from snapplatform.rtmp import ClientLimits, EndKind, PullClient, amf0, messages
from tests.unit.rtmp.chunking import full
from tests.unit.rtmp.pulling import (
    CONNECTED,
    CREATED,
    PLAYING,
    QUICK,
    SHAKE,
    Handler,
    Recorder,
    every,
    playing_session,
    result,
    saying,
    scripted,
    status,
    target,
)
from tests.unit.rtmp.wire import AVC_HEADER, Writer, frame, keyframe

NAMES = {"level": "error", "code": "NetConnection.Connect.Rejected", "description": "key SECRET"}
NEST = (b"\x03\0\1a") * 3000


async def test_a_sink_that_breaks_a_pull_ends_it_alone() -> None:
    broken, sink, client = Recorder(patience="not a number"), Recorder(), PullClient(QUICK)  # type: ignore[arg-type]
    async with (
        scripted(saying(PLAYING + Writer().media([(9, 0, keyframe(100))]))) as port,
        asyncio.timeout(5),
    ):
        ends = await asyncio.gather(client.pull(target(port), broken), client.pull(target(port), sink))
    assert [end.kind for end in ends] == [EndKind.INTERNAL, EndKind.SILENCE]


async def ending(data: bytes, limits: ClientLimits) -> str:
    sink, client = Recorder(), PullClient(limits)
    async with scripted(saying(data)) as port, asyncio.timeout(5):
        end = await client.pull(target(port, "live/cam?key=SECRET"), sink)
    assert sink.closed == [str(end)]
    assert "SECRET" not in repr(end)
    return str(end)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        pytest.param(b"", "handshake timed out", id="nothing"),
        pytest.param(SHAKE[:2000], "handshake timed out", id="half a handshake"),
        pytest.param(SHAKE, "answer timed out", id="no answer to connect"),
        pytest.param(CONNECTED, "answer timed out", id="no answer to createStream"),
        pytest.param(CREATED, "answer timed out", id="no answer to play"),
        pytest.param(PLAYING, "silence: ", id="no media"),
        pytest.param(SHAKE + result(7.0, None), "answer timed out", id="an answer to nothing"),
    ],
)
async def test_silence_in_each_phase(said: bytes, reason: str) -> None:
    assert (await ending(said, QUICK)).startswith(reason)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (SHAKE + Writer().command("_error", 1.0, None, NAMES), "refused: NetConnection.Connect.Rejected"),
        (SHAKE + Writer().command("_error", 1.0, None), "refused: without a status code"),
        (CONNECTED + Writer().command("_error", 2.0, None), "refused: without a status code"),
        (SHAKE + status("NetConnection.Connect.Rejected"), "refused: NetConnection.Connect.Rejected"),
        (CREATED + status("NetStream.Play.StreamNotFound"), "refused: NetStream.Play.StreamNotFound"),
        (CREATED + status("NetStream.Play.NoSuch", "error"), "refused: NetStream.Play.NoSuch"),
        (CREATED + status("SECRET", "error"), "refused: without a status code"),
        (PLAYING + status("NetStream.Play.UnpublishNotify"), "ended: NetStream.Play.UnpublishNotify"),
        (PLAYING + status("NetStream.Play.Stop"), "ended: NetStream.Play.Stop"),
        (PLAYING + status("NetStream.Play.Complete", name="onPlayStatus"), "ended: NetStream.Play.Complete"),
        (
            PLAYING
            + Writer().message(
                5, 18, 0, 1, amf0.encode_all("onPlayStatus", {"code": "NetStream.Play.Complete"})
            ),
            "ended: NetStream.Play.Complete",
        ),
        (PLAYING + messages.user_control(messages.STREAM_EOF, 1), "ended: StreamEOF"),
        (CONNECTED + Writer().command("close", 0.0, None), "ended: closed by the server"),
        (playing_session(), "ended: NetStream.Play.UnpublishNotify"),
        (playing_session(128), "ended: NetStream.Play.UnpublishNotify"),
    ],
)
async def test_what_the_server_says(said: bytes, reason: str) -> None:
    assert await ending(said, ClientLimits()) == reason


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        pytest.param(b"HTTP/1.1 400 Bad Request\r\n\r\n", "handshake", id="HTTP"),
        pytest.param(SHAKE + b"\xff" * 100, "chunk", id="rubbish chunks"),
        pytest.param(SHAKE + full(0, 3, 0, 0xFFFFFF, kind=9), "size", id="16 MB before play"),
        pytest.param(PLAYING + full(0, 3, 0, 0xFFFFFF, kind=9), "size", id="16 MB"),
        pytest.param(SHAKE + Writer().message(3, 20, 0, 0, NEST), "amf", id="nesting bomb"),
        pytest.param(SHAKE + Writer().message(3, 20, 0, 0, b""), "command", id="empty command"),
        pytest.param(SHAKE + Writer().command("onBWDone", 0.0) * 100, "command", id="command flood"),
        pytest.param(CONNECTED + result(2.0, None), "command", id="no stream"),
        pytest.param(CONNECTED + result(2.0, None, float("nan")), "command", id="stream NaN"),
        pytest.param(CONNECTED + result(2.0, None, -1.0), "command", id="stream below 0"),
        pytest.param(PLAYING + Writer().message(6, 22, 0, 1, b"\x09\xff"), "chunk", id="cut aggregate"),
    ],
)
async def test_a_broken_rule(said: bytes, kind: str) -> None:
    assert (await ending(said, ClientLimits())).startswith(f"protocol error: {kind}")


async def test_a_server_that_leaves() -> None:
    async def leaving(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(PLAYING + Writer().media([(9, 0, AVC_HEADER)]))
        await reader.readexactly(3073)

    sink = Recorder()
    async with scripted(leaving) as port:
        end = await PullClient(QUICK).pull(target(port), sink)
    assert str(end) == "connection lost: closed by the server"


SOUND = Writer().media([(8, 0, b"\xaf\x01sound")])
INTER = Writer().media([(9, 0, frame(100))])


@pytest.mark.parametrize(
    ("handler", "reason"),
    [
        pytest.param(every(0.02, SOUND, before=PLAYING), "no video: no picture for 0.3 s", id="sound alone"),
        pytest.param(every(0.02, b"\x03"), "handshake timed out", id="dribbled handshake"),
        pytest.param(
            every(0.02, Writer().command("onBWDone", 0.0), before=SHAKE), "answer timed out", id="chatter"
        ),
        pytest.param(
            every(0.02, b"\0", before=PLAYING + full(0, 6, 0, 5000)),
            "silence: no picture for 0.3 s",
            id="dribbled picture",
        ),
    ],
)
async def test_what_only_looks_alive(handler: Handler, reason: str) -> None:
    async with scripted(handler) as port, asyncio.timeout(5):
        assert str(await PullClient(QUICK).pull(target(port), Recorder())) == reason


async def test_pictures_without_a_keyframe_end_a_wait_for_one() -> None:
    async with scripted(every(0.02, INTER, before=PLAYING)) as port, asyncio.timeout(5):
        end = await PullClient(QUICK).pull(target(port), Recorder(), until_keyframe=True)
    assert str(end) == "no video: no keyframe for 0.6 s"


async def test_a_keyframe_without_its_header_is_waited_past() -> None:
    media = Writer().media(
        [(9, 0, keyframe(500)), (9, 9, AVC_HEADER), (9, 9, frame(9)), (9, 40, keyframe(600))]
    )
    sink = Recorder()
    async with scripted(saying(PLAYING + media)) as port, asyncio.timeout(5):
        end = await PullClient(QUICK).pull(target(port), sink, until_keyframe=True)
    assert end.kind is EndKind.KEYFRAME
    assert sink.messages[-1] == (9, 40, keyframe(600))


async def test_pings_are_answered_and_windows_kept() -> None:
    heard = asyncio.Event()
    pong = messages.user_control(messages.PING_RESPONSE, 4711)

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        window = messages.control(messages.WINDOW_SIZE, 20_000)
        writer.write(PLAYING + window + messages.user_control(messages.PING_REQUEST, 4711))
        await reader.readuntil(pong)
        writer.write(Writer().media([(9, 0, keyframe(60_000))]))
        await reader.readuntil(messages.control(messages.ACKNOWLEDGEMENT, 0)[:8])
        heard.set()

    async with scripted(handler) as port, asyncio.timeout(5):
        await PullClient(QUICK).pull(target(port), Recorder())
        await heard.wait()
