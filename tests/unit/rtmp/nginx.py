"""Debian's nginx with its RTMP module, on a free port, with all its files in a folder of the test."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.unit.rtmp.clients import process
from tests.unit.rtmp.serving import PATIENCE

MODULE = Path("/usr/lib/nginx/modules/ngx_rtmp_module.so")
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
needs_nginx = pytest.mark.skipif(
    NGINX is None or not MODULE.exists(),
    reason="nginx with its RTMP module (Debian's nginx-light, libnginx-mod-rtmp) is not installed",
)
CONFIG = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
load_module {module};
events {{ worker_connections 64; }}
rtmp {{
    server {{
        listen 127.0.0.1:{port};
        application live {{ live on; wait_key on; wait_video on; }}
        application strict {{ live on; idle_streams off; }}
        application late {{ live on; drop_idle_publisher 1s; }}
    }}
}}
"""


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@asynccontextmanager
async def nginx(folder: Path) -> AsyncIterator[int]:
    """Its port. The log is error.log in `folder`."""
    assert NGINX is not None
    port = free_port()
    config = folder / "nginx.conf"
    config.write_text(CONFIG.format(folder=folder, port=port, module=MODULE))
    log = folder / "error.log"
    async with process(NGINX, "-p", str(folder), "-c", str(config), "-e", str(log)) as one:
        await listening(port, one)
        yield port


async def listening(port: int, one: asyncio.subprocess.Process) -> None:
    """Wait until somebody listens there; fails when the process ends before."""
    async with asyncio.timeout(PATIENCE):
        while True:
            assert one.returncode is None, "the server ended at once"
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.02)
                continue
            writer.close()
            return
