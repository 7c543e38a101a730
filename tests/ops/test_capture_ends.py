"""How a capture process stops: in time whatever its peers and its database do, and with nothing held."""

import asyncio
import json
import os
import signal
import socket
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from snapplatform.media import synthetic
from snapplatform.node.ending import LAST_SECONDS
from tests.node.encoder import Encoder
from tests.ops.conftest import SiteMaker
from tests.ops.processes import MANAGE, Running, manage, started
from tests.unit.rtmp.wire import HANDSHAKE

pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs Linux")

# The aim is 10 s and the process ends itself by then; the rest is for a busy machine.
ENDS_WITHIN = 15.0


@pytest.fixture
def env(site: SiteMaker) -> dict[str, str]:
    made = site(SNAP_DECODERS=1, SNAP_CAPTURE_NODES=2)
    assert manage("bootstrap", env=made).returncode == 0
    return made


@contextmanager
def capturing(env: dict[str, str]) -> Iterator[Running]:
    with started([sys.executable, MANAGE, "capture"], env) as running:
        running.expect("taking publishers")
        yield running


def nodes(env: dict[str, str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(manage("nodes", "--all", "--json", env=env).stdout)
    return found


def eventually(answer: Callable[[], Any], patience: float = 30.0) -> Any:
    until = time.monotonic() + patience
    while not (found := answer()):
        assert time.monotonic() < until
        time.sleep(0.2)
    return found


def stuck_peers(port: int) -> list[socket.socket]:
    """One that says nothing, one in the middle of its handshake, one that doesn't read."""
    peers = [socket.create_connection(("127.0.0.1", port)) for _ in range(3)]
    peers[1].sendall(HANDSHAKE[:100])
    peers[2].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
    peers[2].sendall(HANDSHAKE)
    return peers


async def end_with_publishers(env: dict[str, str], running: Running) -> tuple[int, float]:
    """SIGTERM beside ten publishers, three of them silent: the exit code and the seconds it took."""
    port = int(env["SNAP_RTMP_PORT"])
    config, packets = synthetic.encode_sample(synthetic.Camera(320, 180, fps=5, gop_seconds=1.0), 5)
    peers = stuck_peers(port)
    try:
        async with AsyncExitStack() as stack:
            for number in range(10):
                encoder = await stack.enter_async_context(Encoder(port, f"cam-{number}"))
                assert encoder.accepted
                if number < 7:
                    await encoder.video(config, packets)
            await asyncio.to_thread(eventually, lambda: len(nodes(env)[0]["streams"]) == 10)
            began = time.monotonic()
            code = await asyncio.to_thread(running.end, signal.SIGTERM)
            return code, time.monotonic() - began
    finally:
        for peer in peers:
            peer.close()


def test_term_ends_it_in_time_with_silent_publishers_and_stuck_peers(env: dict[str, str]) -> None:
    with capturing(env) as running:
        code, seconds = asyncio.run(end_with_publishers(env, running))
    print(f"SIGTERM: gone after {seconds:.2f} s")
    assert (code, seconds < ENDS_WITHIN) == (0, True)
    [node] = nodes(env)
    assert (node["state"], node["reason"], node["streams"]) == ("stopped", "it was told to", [])


def test_it_ends_in_time_when_its_database_hangs(env: dict[str, str], tmp_path: Path) -> None:
    with capturing(env) as running, locked(env, tmp_path):
        began = time.monotonic()
        running.end(signal.SIGTERM)
        seconds = time.monotonic() - began
    print(f"SIGTERM with a locked database: gone after {seconds:.2f} s")
    assert seconds < LAST_SECONDS + 5


def test_a_second_signal_ends_it_at_once(env: dict[str, str], tmp_path: Path) -> None:
    with capturing(env) as running, locked(env, tmp_path):
        running.process.send_signal(signal.SIGTERM)
        running.expect("stopping")
        time.sleep(0.5)  # a second wish, not the first one sent twice
        began = time.monotonic()
        assert running.end(signal.SIGTERM) == 128 + signal.SIGTERM
        assert time.monotonic() - began < 2


def test_a_node_is_drained_by_the_command_and_stopped_without_loss(env: dict[str, str]) -> None:
    env = {**env, "SNAP_DRAIN_SECONDS": "1"}
    with capturing(env) as first, capturing(env) as second:
        asyncio.run(drain_one(env, first, second))


async def drain_one(env: dict[str, str], *running: Running) -> None:
    port = int(env["SNAP_RTMP_PORT"])
    async with Encoder(port, "cam") as encoder:
        assert encoder.accepted
        rows = await asyncio.to_thread(eventually, lambda: held(env))
        name = f"{rows['host']}:{rows['pid']}"
        done = await asyncio.to_thread(manage, "nodes", "drain", name, "--wait", "40", env=env)
        assert (done.returncode, done.stdout) == (
            0,
            f"Node {name} is drained: it holds nothing any more.\n",
        )
    async with Encoder(port, "cam") as encoder:
        assert encoder.accepted
        now = await asyncio.to_thread(eventually, lambda: held(env))
        assert now["pid"] != rows["pid"]
        refused = await asyncio.to_thread(manage, "nodes", "drain", now["id"], env=env)
        assert (refused.returncode, "only one" in refused.stderr) == (1, True)


def held(env: dict[str, str]) -> dict[str, Any] | None:
    return next((node for node in nodes(env) if node["streams"]), None)


@contextmanager
def locked(env: dict[str, str], data_dir: Path) -> Iterator[None]:
    """No other process can write, nor on PostgreSQL read, while this holds."""
    if url := env["SNAP_DATABASE_URL"]:
        with psycopg.connect(url) as connection:
            connection.execute("LOCK TABLE cluster_node IN ACCESS EXCLUSIVE MODE")
            yield
            connection.rollback()
        return
    with closing(sqlite3.connect(data_dir / "snapplatform.sqlite3", timeout=30)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        yield
        connection.rollback()
