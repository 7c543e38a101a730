"""A source to pull from, in a process of its own: our own RTMP server and hub, without jobs and database."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def origin(folder: Path) -> AsyncIterator[int]:
    """Its port. Anybody may publish and play there."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("SNAP_", "DJANGO_"))}
    env |= {"DJANGO_SETTINGS_MODULE": "snapplatform.settings", "SNAP_DATA_DIR": str(folder)}
    one = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bench.origin"),
        env=env,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        assert one.stdout is not None
        async with asyncio.timeout(30):
            port = int(await one.stdout.readline())
        yield port
    finally:
        if one.returncode is None:
            one.kill()
        await one.wait()
