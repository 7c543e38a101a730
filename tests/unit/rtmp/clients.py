"""Other people's programs as publishers and players."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import av

from snapplatform.rtmp import RtmpServer, flv
from tests.unit.rtmp.relay import Live

ROOT = Path(__file__).parents[3]


@asynccontextmanager
async def process(*command: str) -> AsyncIterator[asyncio.subprocess.Process]:
    pipe, nothing = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    one = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=nothing, cwd=ROOT)
    try:
        yield one
    finally:
        if one.returncode is None:
            one.kill()
        await one.communicate()


def camera(url: str, frames: int, *options: str) -> AbstractAsyncContextManager[asyncio.subprocess.Process]:
    return process(sys.executable, "-m", "tests.unit.rtmp.camera", url, str(frames), *options)


def url(server: RtmpServer, path: str) -> str:
    return f"rtmp://127.0.0.1:{server.port}/{path}"


def shades(address: str, frames: int) -> list[int]:
    """Play `frames` pictures and say how bright each is."""
    found = []
    # Without the two limits FFmpeg probes for seconds, whatever the server sends.
    options = {"rtmp_live": "live", "fpsprobesize": "0", "analyzeduration": "100000"}
    with av.open(address, timeout=10, options=options) as stream:
        for picture in stream.decode(video=0):
            found.append(int(picture.to_ndarray(format="gray").mean()))
            if len(found) == frames:
                break
    return found


async def finished(one: asyncio.subprocess.Process) -> int:
    async with asyncio.timeout(20):
        return await one.wait()


def keyframes(live: Live) -> int:
    tags = [flv.parse_video(payload) for kind, _, payload in live.messages if kind == 9]
    return sum(tag is not None and tag.is_keyframe for tag in tags)
