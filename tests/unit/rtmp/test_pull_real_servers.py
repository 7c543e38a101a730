"""The client plays from nginx-rtmp and from FFmpeg as a server."""

import asyncio
from pathlib import Path

import pytest

from snapplatform.rtmp import ClientLimits, EndKind, PullClient, decode_metadata, flv
from tests.unit.rtmp.clients import camera, finished, process
from tests.unit.rtmp.nginx import free_port, needs_nginx, nginx
from tests.unit.rtmp.pulling import QUICK, Recorder, target
from tests.unit.rtmp.serving import PATIENCE, eventually
from tests.unit.rtmp.test_real_clients import TEST_PICTURE, X264, needs_ffmpeg


def keyframes(sink: Recorder) -> int:
    tags = [flv.parse_video(payload) for kind, _, payload in sink.messages if kind == 9]
    return sum(tag is not None and tag.is_keyframe for tag in tags)


async def stopped(pull: "asyncio.Task[object]") -> None:
    pull.cancel()
    await asyncio.wait([pull])


@needs_nginx
async def test_nginx_until_the_stream_ends(tmp_path: Path) -> None:
    sink = Recorder()
    async with nginx(tmp_path) as port:
        async with camera(f"rtmp://127.0.0.1:{port}/live/cam", 40, "hold") as cam:
            assert cam.stdout is not None
            pull = asyncio.create_task(PullClient().pull(target(port, "live/cam?key=SECRET&a=b"), sink))
            assert await cam.stdout.readline() == b"sent\n"
            await eventually(lambda: keyframes(sink))
            await cam.communicate(b"\n")
            async with asyncio.timeout(PATIENCE):
                assert str(await pull) == "ended: StreamEOF"
        log = (tmp_path / "error.log").read_text()
    assert "play: name='cam' args='key=SECRET&a=b'" in log
    kinds = [kind for kind, _, _ in sink.messages]
    assert {8, 9, 18} == set(kinds)
    assert decode_metadata(next(body for kind, _, body in sink.messages if kind == 18))["width"] == 320.0
    times = [time for kind, time, _ in sink.messages if kind == 9]
    assert times == sorted(times)


@needs_nginx
@needs_ffmpeg
async def test_nginx_for_one_keyframe(tmp_path: Path) -> None:
    async with nginx(tmp_path) as port:
        url = f"rtmp://127.0.0.1:{port}/live/cam"
        command = ["ffmpeg", "-v", "error", *TEST_PICTURE, *X264, "-f", "flv", url]
        async with process(*command), asyncio.timeout(PATIENCE):
            while True:  # until the encoder is there
                sink = Recorder()
                end = await PullClient(QUICK).pull(target(port), sink, until_keyframe=True)
                if end.kind is EndKind.KEYFRAME:
                    break
                assert end.kind is EndKind.SILENCE
    first, last = (flv.parse_video(body) for kind, _, body in sink.messages if kind == 9)
    assert first is not None and first.packet == flv.SEQUENCE_HEADER
    assert last is not None and last.is_keyframe


@needs_nginx
@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("strict/none", "refused: NetStream.Play.StreamNotFound"),
        ("live/none", "silence"),
        ("nothing/none", "connection lost: closed by the server before it played"),
        ("live/a/b", "connection lost: closed by the server before it played"),
    ],
)
async def test_nginx_without_the_stream(tmp_path: Path, path: str, reason: str) -> None:
    async with nginx(tmp_path) as port:
        limits = ClientLimits(video_seconds=0.3, tick_seconds=0.02)
        end = await PullClient(limits).pull(target(port, path), Recorder())
    assert str(end).startswith(reason)


@needs_nginx
async def test_nginx_gets_the_query_of_a_path_of_one_part_with_the_application(tmp_path: Path) -> None:
    async with nginx(tmp_path) as port:
        pull = asyncio.create_task(PullClient().pull(target(port, "live?auth_key=1-0-0-a"), Recorder()))
        log = tmp_path / "error.log"
        await eventually(lambda: "play: name=''" in log.read_text())
        await stopped(pull)
        assert "connect: app='live' args='auth_key=1-0-0-a'" in log.read_text()


@needs_ffmpeg
async def test_ffmpeg_as_a_server() -> None:
    port, sink = free_port(), Recorder()
    url = f"rtmp://127.0.0.1:{port}/live/cam"
    command = ["ffmpeg", "-v", "error", *TEST_PICTURE, "-t", "1.5", *X264, "-f", "flv", "-listen", "1", url]
    async with process(*command) as server, asyncio.timeout(PATIENCE):
        end = await PullClient().pull(target(port), sink)
        while end.kind is EndKind.UNREACHABLE:  # it takes one connection only, so nothing else may try
            await asyncio.sleep(0.02)
            sink = Recorder()
            end = await PullClient().pull(target(port), sink)
        assert await finished(server) == 0
    assert str(end) == "connection lost: closed by the server"
    assert keyframes(sink) == 3
    assert sum(kind == 9 for kind, _, _ in sink.messages) == 45 + 2  # with sequence header and end
