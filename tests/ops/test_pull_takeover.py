"""Two capture processes and their leases: whoever holds a pulled stream goes, and the other one goes on."""

import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager

import pytest

from snapplatform.media import synthetic
from snapplatform.ops.ports import free_port
from tests.node.encoder import Encoder
from tests.node.origin import origin
from tests.ops.processes import MANAGE, Running, started
from tests.ops.pulled import Site

PATIENCE = 90.0
URL = "rtmp://127.0.0.1:{port}/live/cam?key=TAKEOVER-SECRET"


@asynccontextmanager
async def camera(folder) -> AsyncIterator[int]:
    """The port of an origin to which a GOP of half a second is published twice a second."""
    config, packets = synthetic.encode_sample(
        synthetic.Camera(width=320, height=180, fps=4, gop_seconds=0.5), 2
    )

    async def publish(port: int) -> None:
        async with Encoder(port, "cam") as encoder:
            for number in range(int(2 * PATIENCE)):
                await encoder.video(config, packets, at=500 * number)
                await asyncio.sleep(0.5)

    async with origin(folder) as port:
        publishing = asyncio.create_task(publish(port))
        try:
            yield port
        finally:
            publishing.cancel()
            await asyncio.gather(publishing, return_exceptions=True)


async def until(question: Callable[[], object]) -> float:
    """Wait until it is true; how long that took."""
    began = time.monotonic()
    async with asyncio.timeout(PATIENCE):
        while not question():
            await asyncio.sleep(0.1)
    return time.monotonic() - began


@pytest.fixture
def captures(site) -> Iterator[Callable[[int], tuple[Site, dict[int, Running]]]]:
    """Starts that many capture processes on one new site."""
    with ExitStack() as stack:

        def start(count: int, env: dict[str, str]) -> dict[int, Running]:
            command = [sys.executable, MANAGE, "capture"]
            running = [
                stack.enter_context(started(command, {**env, "SNAP_RTMP_PORT": str(free_port())}))
                for _ in range(count)
            ]
            for one in running:
                one.expect("taking publishers")
            return {one.process.pid: one for one in running}

        yield start


@pytest.fixture
def env(site) -> dict[str, str]:
    return site(SNAP_ALLOWED_NETWORKS="127.0.0.0/8", SNAP_DECODERS=1)


@pytest.mark.timeout(240)
@pytest.mark.parametrize(("number", "most"), [(signal.SIGKILL, PATIENCE), (signal.SIGTERM, 9.0)])
async def test_the_other_node_goes_on(tmp_path, env, captures, number, most):
    """Killed, its lease has to end; asked to stop, it gives the stream away at once, before the ten seconds
    that a lease lasts."""
    site = Site(env)
    async with camera(tmp_path) as port:
        await asyncio.to_thread(site.make, 1, URL.format(port=port))
        running = await asyncio.to_thread(captures, 2, env)
        await until(lambda: site.pictures() >= 2)
        [(_, state, epoch, holder)] = site.holders()
        assert (state, epoch) == ("live", 1)
        assert holder is not None
        began = time.monotonic()
        running[holder].process.send_signal(number)
        await until(lambda: site.holders()[0][1] == "live" and site.holders()[0][2] > 1)
        took = time.monotonic() - began
        before = site.pictures()
        await until(lambda: site.pictures() > before + 1)
        print(f"taken over {took:.1f} s after {signal.Signals(number).name}")
        assert took < most
        assert site.holders()[0][3] in running.keys() - {holder}
        lines = "".join(line for one in running.values() for line in one.lines)
    assert "TAKEOVER-SECRET" not in lines


@pytest.mark.timeout(240)
async def test_many_streams_are_spread_over_the_nodes(tmp_path, env, captures):
    """Both start with nothing, and neither takes them all."""
    site, count = Site(env), 40
    async with camera(tmp_path) as port:
        await asyncio.to_thread(site.make, 0, "")
        running = await asyncio.to_thread(captures, 2, env)
        await asyncio.to_thread(site.make, count, URL.format(port=port))
        await until(lambda: all(holder for *_, holder in site.holders()))
        held = [holder for *_, holder in site.holders()]
        shares = sorted(held.count(pid) for pid in running)
        print(f"spread: {shares}")
        assert sum(shares) == count
        assert shares[0] >= count // 4
