"""Media in datagrams: MPEG-TS that is sent to us, and RTSP with RTP over UDP."""

import asyncio
import socket
from pathlib import Path

import pytest

from snapplatform.media.pull.client import AvPull
from snapplatform.media.pull.failures import Failed
from snapplatform.media.pull.relay import harmless, message_size
from snapplatform.media.synthetic import publish
from snapplatform.net.ending import EndKind
from tests.unit.media.pull.media import SMALL, encoded
from tests.unit.media.pull.watching import Recorder, watch
from tests.unit.rtsp.gst import from_file, gst_server, needs_gst

LIVE = (
    "( videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=25/1 "
    "! x264enc tune=zerolatency key-int-max=25 ! rtph264pay name=pay0 pt=96 )"
)


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


async def send(port: int, header: bytes) -> None:
    """A camera that sends two seconds, over and over."""
    data = encoded("mpegts")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect(("127.0.0.1", port))
        while True:
            for at in range(0, len(data), 1316):
                try:
                    sock.send(header + data[at : at + 1316])
                except ConnectionRefusedError:
                    pass  # nobody listens yet
                await asyncio.sleep(0.02)


@pytest.mark.parametrize("header", [b"", b"\x80\x21" + bytes(10)], ids=["bare", "rtp"])
@pytest.mark.parametrize("at", ["", "@"])
async def test_what_is_sent_to_us(client: AvPull, header: bytes, at: str) -> None:
    port = free_port()
    sending = asyncio.get_running_loop().create_task(send(port, header))
    sink, end = await watch(client, f"udp://{at}127.0.0.1:{port}", until_keyframe=True)
    sending.cancel()
    assert end.kind is EndKind.KEYFRAME
    assert sink.numbers()[0] in (0, 10, 20, 30)


async def test_nothing_is_sent(client: AvPull) -> None:
    _, end = await watch(client, f"udp://127.0.0.1:{free_port()}")
    assert end.kind is EndKind.SILENCE


@pytest.mark.parametrize("url", ["udp://0.0.0.0:5000", "udp://239.1.1.1:5000", "udp://@10.1.1.1:5000"])
async def test_places_that_are_not_allowed_are_not_listened_at(client: AvPull, url: str) -> None:
    _, end = await watch(client, url)
    assert end.kind is EndKind.ADDRESS_REFUSED
    assert client.stats.started == 0


async def test_an_address_that_is_not_ours(client: AvPull) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        _, end = await watch(client, f"udp://127.0.0.1:{taken.getsockname()[1]}")
    assert str(end) == "unreachable: Address already in use"


@needs_gst
@pytest.mark.parametrize("codec", ["h264", "hevc"])
async def test_every_frame_over_rtsp(client: AvPull, tmp_path: Path, codec: str) -> None:
    from dataclasses import replace

    camera = replace(SMALL, codec=codec, preset="ultrafast")
    path = tmp_path / "camera.mkv"
    publish(str(path), camera, frames=60, realtime=False, container_format="matroska")
    async with gst_server("cam=" + from_file(path, codec)) as port:
        sink, end = await watch(client, f"rtsp+udp://127.0.0.1:{port}/cam")
    assert end.kind in (EndKind.ENDED, EndKind.SILENCE, EndKind.LOST)
    numbers = sink.numbers()
    assert numbers == list(range(numbers[0], 60))[: len(numbers)]
    assert len(numbers) >= 40


@needs_gst
async def test_rtsp_with_credentials_and_in_a_process_of_its_own(client: AvPull) -> None:
    async with gst_server(f"cam={LIVE}", "--user", "bob", "--password", "se:c ret") as port:
        _, end = await watch(client, f"rtsp+udp://bob:se%3Ac%20ret@127.0.0.1:{port}/cam", until_keyframe=True)
        assert end.kind is EndKind.KEYFRAME
        _, end = await watch(client, f"rtsp+udp://bob:wrong@127.0.0.1:{port}/cam")
        assert end.kind in (EndKind.REFUSED, EndKind.PROTOCOL)
        assert client.stats.started == 2
        _, end = await watch(client, f"rtsp+udp://bob:se%3Ac%20ret@127.0.0.1:{port}/other")
        assert str(end) == "refused: 404"


@needs_gst
async def test_rtsp_is_cancelled_at_once_and_its_server_left(client: AvPull) -> None:
    from snapplatform.media.pull.schemes import AvUrl
    from tests.unit.media.pull.test_life import CANCELLED_WITHIN, cancel
    from tests.unit.media.pull.watching import until

    async with gst_server(f"cam={LIVE}") as port:
        sink = Recorder()
        url = AvUrl.parse(f"rtsp+udp://127.0.0.1:{port}/cam")
        task = asyncio.get_running_loop().create_task(client.pull(url, sink))
        await until(sink, 5)
        assert await cancel(task) < CANCELLED_WITHIN
    assert client.pids == []


def test_media_come_from_the_checked_address_alone() -> None:
    said = (
        b"RTSP/1.0 200 OK\r\nCSeq: 3\r\n"
        b"Transport: RTP/AVP;unicast;client_port=5000-5001;source=169.254.169.254;server_port=80-81\r\n\r\n"
    )
    assert harmless(said, "192.0.2.1") == (
        b"RTSP/1.0 200 OK\r\nCSeq: 3\r\n"
        b"Transport: RTP/AVP;unicast;client_port=5000-5001;server_port=80-81;source=192.0.2.1\r\n\r\n"
    )


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (b"RTSP/1.0 302 Moved\r\nLocation: rtsp://10.0.0.1/x\r\n\r\n", "refused: 302: another address"),
        (b"RTSP/1.0 404 SECRET\r\n\r\n", "refused: 404"),
        (b"RTSP/1.0 200 OK\r\nTransport: RTP/AVP;multicast;destination=224.1.1.1\r\n\r\n", "unsupported"),
        (b"RTSP/1.0 200 OK\r\nTransport: RTP/AVP;unicast,RTP/AVP;source=1.1.1.1\r\n\r\n", "unsupported"),
        (b"RTSP/1.0 200 OK\r\nTrans\rport: RTP/AVP;source=1.1.1.1\r\n\r\n", "protocol error"),
        (b"RTSP/1.0 200 OK\r\n\r\na\nTransport: RTP/AVP;source=1.1.1.1\n", "protocol error"),
        (b"$\0\0\2RTSP/1.0 200 OK\r\n\r\n", "protocol error"),
        (b"port: RTP/AVP;source=1.1.1.1\r\n\r\n", "protocol error"),
        (b"RTSP/1.0 200 OK\r\nTRANSPORT : RTP/AVP/TCP;interleaved=0-1\r\n\r\n", "unsupported"),
    ],
)
def test_answers_that_do_not_pass(said: bytes, reason: str) -> None:
    with pytest.raises(Failed) as failed:
        harmless(said, "192.0.2.1")
    assert str(failed.value.end).startswith(reason)


def test_messages_pass_whole() -> None:
    said = b"RTSP/1.0 200 OK\r\ncontent-length: 5\r\n\r\nhelloRTSP/1.0"
    assert message_size(said) == said.index(b"hello") + 5
    assert message_size(said[:20]) == 0
    head = b"RTSP/1.0 200 OK\r\n"
    for bad in (
        b"x" * 70_000,
        head + b"Content-Length: 99999999\r\n\r\n",
        head + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\n",
        head + b"Content-Length : 5\r\n\r\n",
        head + b"Content-Length: 5\r\nX-Content-Length: 5\r\n\r\n",
    ):
        with pytest.raises(Failed):
            message_size(bad)
