"""Playing from the node: a real client gets the newest keyframe at once."""

import asyncio
import time

import av

from snapplatform.media import scene
from tests.node.encoder import Encoder

FAST = {"fpsprobesize": "0", "analyzeduration": "100000"}


def first_frame(url: str) -> int | None:
    """The number drawn in the first frame that a player shows."""
    with av.open(url, options=FAST, timeout=(10, 10)) as container:
        for frame in container.decode(video=0):
            return scene.read_frame_number(frame.to_image())
    return None


async def test_a_player_starts_at_the_newest_keyframe(node, principal, ask, footage):
    config, packets = footage
    async with Encoder(node.rtmp_port, "cam") as encoder:
        await encoder.video(config, packets[:8])
        await ask(lambda: node.hub.streams() and len(node.hub.streams()[0].ring.gop()) == 3)
        url = f"rtmp://127.0.0.1:{node.rtmp_port}/live/cam"
        playing = asyncio.create_task(asyncio.to_thread(first_frame, url))
        await ask(lambda: len(node.hub.streams()[0].audience) == 1)
        await encoder.video(config, packets[8:], at=0)
        assert await playing == 5


async def test_a_player_of_nothing_is_told(node, principal):
    started = time.monotonic()
    try:
        await asyncio.to_thread(first_frame, f"rtmp://127.0.0.1:{node.rtmp_port}/live/nothing")
    except OSError:
        pass
    else:
        raise AssertionError("a stream that nobody publishes was played")
    assert time.monotonic() - started < 10


async def test_players_end_with_the_stream(node, principal, ask, footage):
    async with Encoder(node.rtmp_port, "cam") as encoder:
        await encoder.video(*footage)
        url = f"rtmp://127.0.0.1:{node.rtmp_port}/live/cam"
        playing = asyncio.create_task(asyncio.to_thread(count_frames, url))
        await ask(lambda: len(node.hub.streams()[0].audience) == 1)
    assert await asyncio.wait_for(playing, 20) >= 1
    await ask(lambda: not node.hub.streams())


def count_frames(url: str) -> int:
    with av.open(url, options=FAST, timeout=(10, 10)) as container:
        return sum(1 for _ in container.decode(video=0))
