"""Servers that are slow, silent, rude or dangerous: each costs its own stream, and ends with a reason."""

import asyncio
import io
import random
import time

import av
import pytest

from snapplatform.media.pull.client import AvPull
from snapplatform.net.ending import EndKind
from tests.unit.media.pull.media import SMALL, SOUNDING, encoded
from tests.unit.media.pull.site import Handler, Request, answer, chunked, pieces_of, says, site
from tests.unit.media.pull.test_life import flood
from tests.unit.media.pull.watching import QUICK, watch

OK = b"HTTP/1.1 200 OK\r\n\r\n"
# Opening and then playing are waited for one after the other; five times the longer one.
SOON = 5 * QUICK.open_seconds


def dribble(before: bytes, data: bytes, interval: float = 0.2) -> Handler:
    """One byte at a time."""

    async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(before)
        for byte in data:
            writer.write(bytes((byte,)))
            await writer.drain()
            await asyncio.sleep(interval)

    return handler


def sound_alone(after: int) -> Handler:
    """Pictures and sound, and then sound for ever."""

    data = encoded("flv", SOUNDING, 200)

    async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(OK + data[:13])
        at, videos = 13, 0
        while at < len(data):
            size = 15 + int.from_bytes(data[at + 1 : at + 4], "big")
            videos += data[at] == 9
            if data[at] != 9 or videos <= after:
                writer.write(data[at : at + size])
                await writer.drain()
                await asyncio.sleep(0.01)
            at += size
        await request.left()

    return handler


def slow_start() -> Handler:
    return chunked(pieces_of(encoded("flv"), 40), 0.1)


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        pytest.param(says(b""), "answer timed out: the server does not answer", id="silent"),
        pytest.param(
            dribble(b"HTTP/1.1 200 OK\r\n", b"X" * 500), "answer timed out: no answer", id="slow header"
        ),
        pytest.param(says(OK), "silence: nothing comes any more", id="no body"),
        pytest.param(dribble(OK, encoded("flv")), "answer timed out: could not be read", id="slow body"),
        pytest.param(slow_start(), "answer timed out: could not be read", id="a tenth of its speed"),
        pytest.param(
            chunked(pieces_of(encoded("flv", SMALL, 30))), "silence: nothing", id="pictures, then nothing"
        ),
        pytest.param(flood, "answer timed out: could not be read", id="stuffing"),
        pytest.param(sound_alone(20), "no video: no picture for 2 s", id="sound goes on alone"),
        pytest.param(sound_alone(0), "no video", id="sound alone"),
    ],
)
async def test_what_hangs_ends_in_time(client: AvPull, page: Handler, reason: str) -> None:
    begun = time.monotonic()
    async with site({"/cam": page}) as one:
        _, end = await watch(client, one.url("/cam"))
    assert str(end).startswith(reason)
    assert time.monotonic() - begun < SOON


async def test_a_port_where_nobody_listens(client: AvPull) -> None:
    async with site({}) as one:
        pass
    _, end = await watch(client, one.url("/cam"))
    assert str(end) == "unreachable: Connection refused"


async def test_a_black_hole() -> None:
    """A listener whose queue is full takes no connection."""
    import socket
    from ipaddress import ip_network

    hole = socket.create_server(("127.0.0.1", 0), backlog=0)
    port = hole.getsockname()[1]
    filling = [socket.socket() for _ in range(3)]
    for sock in filling:
        sock.setblocking(False)
        sock.connect_ex(("127.0.0.1", port))
    client = AvPull(QUICK, allowed=[ip_network("127.0.0.0/8")])
    try:
        _, end = await watch(client, f"tcp://127.0.0.1:{port}")
        assert end.kind in (EndKind.CONNECT_TIMEOUT, EndKind.ANSWER_TIMEOUT)
    finally:
        await client.close()
        for sock in (*filling, hole):
            sock.close()


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (answer(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"), "refused: 403 Forbidden"),
        (answer(b"HTTP/1.1 999 SECRET\r\nContent-Length: 0\r\n\r\n"), "refused: 999"),
        (says(b"", close=True), "connection lost: closed by the server before it answered"),
        (says(b"SSH-2.0-x\r\n", close=True), "protocol error: no HTTP answer"),
        (says(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n"), "protocol error: no HTTP answer"),
        (says(b"HTTP/1.1 200 " + b"x" * 70_000 + b"\r\n\r\n"), "protocol error: no HTTP answer"),
        (says(OK, close=True), "connection lost: closed by the server"),
        (says(OK + encoded("flv")[:20_000], close=True), "connection lost: closed by the server"),
        (b"<html>" + b"x" * 2000, "unsupported: it is a page or a manifest in XML, not HLS"),
        (b"\x1aE\xdf\xa3" + b"x" * 2000, "unsupported: it is Matroska or WebM"),
        (b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\nm=video 9 RTP/AVP 96\r\n" * 20, "unsupported: it is a session"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n" * 50, "unsupported: it is not HLS"),
        (b"", "unsupported: it is not HLS"),
        (b"FLV\x01\x05\0\0\0\x09\0\0\0\0" + b"\xff" * 5000, "protocol error"),
        (b"\0\0\0\x18ftypisom" + b"\0" * 5000, "protocol error"),
    ],
)
async def test_what_servers_say(client: AvPull, page: Handler | bytes, reason: str) -> None:
    async with site({"/cam": page}) as one:
        _, end = await watch(client, one.url("/cam"))
    assert str(end).startswith(reason)
    assert client.stats.died == 0


async def test_other_video_is_named(client: AvPull) -> None:
    target = io.BytesIO()
    with av.open(target, "w", format="mpegts") as out:
        stream = out.add_stream("mpeg2video", rate=25, options={})
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for _ in range(30):
            out.mux(stream.encode(av.VideoFrame(320, 180, "yuv420p")))
        out.mux(stream.encode(None))
    async with site({"/cam": target.getvalue()}) as one:
        _, end = await watch(client, one.url("/cam"))
    assert str(end) == "unsupported: its video is mpeg2video, not H.264 or HEVC"


@pytest.mark.parametrize("form", ["flv", "mpegts", "mp4"])
async def test_damaged_media_cost_their_stream_and_no_process(client: AvPull, form: str) -> None:
    """Bits turned, pieces left out, put in and cut off; and a whole stream plays beside them."""
    random_ = random.Random(7)
    whole = encoded(form, SOUNDING)
    pages: dict[str, bytes | Handler] = {f"/{index}": _damaged(whole, random_) for index in range(25)}
    async with site(pages | {"/good": whole}) as one:
        for paths in (list(pages)[:12], list(pages)[12:]):
            came = await asyncio.gather(*(watch(client, one.url(path)) for path in [*paths, "/good"]))
            assert came[-1][0].numbers() == list(range(40))
    assert client.stats.died == 0


def _damaged(data: bytes, random_: random.Random) -> bytes:
    damaged = bytearray(data)
    kind = random_.randrange(4)
    at = random_.randrange(len(damaged))
    if kind == 0:
        for _ in range(random_.randrange(1, 200)):
            damaged[random_.randrange(len(damaged))] ^= 1 << random_.randrange(8)
    elif kind == 1:
        del damaged[at : at + random_.randrange(1, 5000)]
    elif kind == 2:
        damaged[at:at] = random_.randbytes(random_.randrange(1, 5000))
    else:
        del damaged[at:]
    return bytes(damaged)


@pytest.fixture(scope="session")
def giant() -> bytes:
    """A few pictures of 16000 x 16000 in MPEG-TS: 1.2 GiB and five seconds, if a decoder takes them."""
    from snapplatform.media.synthetic import Camera

    sps = _giant_sps()
    whole = encoded("mpegts", Camera(width=320, height=180, fps=20, gop_seconds=0.5, bitrate=200_000))
    with av.open(io.BytesIO(whole), format="mpegts") as source:
        small = next(
            unit
            for unit in _units(bytes(source.streams.video[0].codec_context.extradata))
            if unit[0] & 31 == 7
        )
    assert whole.count(small) >= 3
    # Of the same length, so that the packets around it stay whole.
    return whole.replace(small, sps.ljust(len(small), b"\x80")[: len(small)])


def _units(extradata: bytes) -> list[bytes]:
    return [unit.rstrip(b"\0") for unit in extradata.split(b"\0\0\1") if unit]


def _giant_sps() -> bytes:
    bits = "1" + "1" + "011" + "010" + "0"  # id 0, frame numbers, order type 2, one reference, no gaps
    for blocks in (1000, 1000):
        value = bin(blocks)[2:]
        bits += "0" * (len(value) - 1) + value
    bits += "1" + "1" + "0" + "0" + "1"
    bits += "0" * (-len(bits) % 8)
    return b"\x67\x42\x00\x33" + int(bits, 2).to_bytes(len(bits) // 8, "big")


async def test_a_bomb_costs_nothing_to_the_others(client: AvPull, giant: bytes) -> None:
    async with site({"/bomb": giant, "/good": encoded("flv")}) as one:
        (_, end), (sink, _) = await asyncio.gather(
            watch(client, one.url("/bomb")), watch(client, one.url("/good"))
        )
    assert str(end).startswith("unsupported: its pictures are too large: 16000x16000")
    assert client.stats.died == 0
    assert sink.numbers() == list(range(40))
