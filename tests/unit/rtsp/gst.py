"""GStreamer's RTSP server as a process, where the system's Python has its bindings."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

import pytest

PYTHON = "/usr/bin/python3"
SCRIPT = Path(__file__).with_name("gst_server.py")
_LOOK = """import gi
gi.require_version("Gst", "1.0"); gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gst, GstRtspServer
Gst.init(None)
assert all(map(Gst.ElementFactory.find, "rtph264pay rtph265pay h264parse h265parse matroskademux".split()))
"""


@cache
def is_there() -> bool:
    try:
        return subprocess.run([PYTHON, "-c", _LOOK], capture_output=True, timeout=30).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


needs_gst = pytest.mark.skipif(
    not is_there(), reason="no GStreamer RTSP server (Debian: python3-gi gir1.2-gst-rtsp-server-1.0)"
)


@asynccontextmanager
async def gst_server(*options: str) -> AsyncIterator[int]:
    """Its port, until the end of the block. Options as gst_server.py has them."""
    pipe, nothing = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    server = await asyncio.create_subprocess_exec(
        PYTHON, str(SCRIPT), *options, stdin=pipe, stdout=pipe, stderr=nothing
    )
    try:
        assert server.stdout is not None
        async with asyncio.timeout(20):
            yield int(await server.stdout.readline())
    finally:
        server.kill()
        await server.communicate()


def from_file(path: Path, codec: str, more: str = "") -> str:
    """A pipeline that plays a Matroska file at its own speed."""
    number = "264" if codec == "h264" else "265"
    source = f"filesrc location={path} ! matroskademux ! h{number}parse"
    return f"( {source} ! rtph{number}pay name=pay0 pt=96 {more} )"
