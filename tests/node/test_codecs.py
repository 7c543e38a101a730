"""HEVC, AV1 and VP9 over Enhanced RTMP, from FFmpeg's own muxer to stored pictures."""

import asyncio
import sys

import pytest

from snapplatform.streams.models import Stream
from tests.node.conftest import pictures
from tests.node.test_pictures import frame_number

# A process of its own: PyAV holds the interpreter's lock while it connects, and the server is here.
PUBLISHER = """
import sys
from snapplatform.media.synthetic import Camera, publish
camera = Camera(width=320, height=180, fps=10, gop_seconds=1.0, bitrate=400_000, codec=sys.argv[2])
publish(sys.argv[1], camera, seconds=30)
"""


@pytest.mark.parametrize("codec", ["hevc", "av1", "vp9"])
async def test_pictures_of_every_codec_show_rising_frame_numbers(node, make_job, ask, codec):
    job = await make_job(interval_ms=1000)
    publisher = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PUBLISHER, f"rtmp://127.0.0.1:{node.rtmp_port}/live/cam", codec),
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        taken = await ask(lambda: len(found := pictures(job)) >= 3 and found)
        row = await ask(Stream.objects.filter(name="cam", width=320).first)
    finally:
        publisher.kill()
        await publisher.wait()
    numbers = [await node.database.run(frame_number, item) for item in taken]
    assert None not in numbers
    assert sorted(set(numbers)) == numbers
    assert all(number % 10 == 0 for number in numbers)  # keyframes
    assert (row.video_codec, row.height) == (codec, 180)


PLAYER = """
import sys
import av
with av.open(sys.argv[1], timeout=(10, 10)) as source:
    frames = source.decode(video=0)
    print(source.streams.video[0].codec_context.name, *(next(frames).width for _ in range(12)))
"""


@pytest.mark.parametrize("codec", ["hevc", "av1", "vp9"])
async def test_players_get_every_codec(node, principal, ask, codec):
    address = f"rtmp://127.0.0.1:{node.rtmp_port}/live/cam"
    publisher = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PUBLISHER, address, codec), stderr=asyncio.subprocess.DEVNULL
    )
    try:
        await ask(lambda: node.hub.streams() and node.hub.streams()[0].last_keyframe)
        player = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", PLAYER, address),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        said, _ = await asyncio.wait_for(player.communicate(), 30)
    finally:
        publisher.kill()
        await publisher.wait()
    name, *widths = said.decode().split()
    assert name in {"hevc", "libdav1d", "vp9"}
    assert widths == ["320"] * 12
