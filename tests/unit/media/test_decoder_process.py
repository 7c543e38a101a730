"""The decoder process itself: its limits, and that it never outlives its parent."""

import asyncio
import gc
import os
import resource
import select
import signal
import subprocess
import sys
import time

import pytest

from snapplatform.media.child import Child, ChildDied
from snapplatform.media.types import DecodeFailed, OutputSpec

from .samples import request

# Five times the 100 ms that a supervisor promises.
GONE_WITHIN = 0.5

linux_only = pytest.mark.skipif(
    sys.platform != "linux", reason="looks into processes by prlimit, pidfd and /proc, which are Linux's"
)


async def test_waiting_for_the_end_again_and_again_gathers_nothing():
    child = await Child.start()
    try:
        for _ in range(20):
            await cancelled(child.exited())
        gc.collect()
        before = len(gc.get_objects())
        for _ in range(1000):
            await cancelled(child.exited())
        gc.collect()
        assert len(gc.get_objects()) - before < 100
    finally:
        await child.kill()
    await asyncio.wait_for(child.exited(), 5)


async def cancelled(waiting):
    task = asyncio.ensure_future(waiting)
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task})


PARENT = """
import asyncio
from snapplatform.media.pool import DecoderPool
from snapplatform.media.synthetic import Camera, encode_sample
from snapplatform.media.types import OutputSpec, PictureRequest

async def main():
    pool = DecoderPool(2, deadline=60)
    await pool.start()
    config, packets = encode_sample(Camera(1920, 1080), 2)
    request = PictureRequest(config, packets, [OutputSpec("webp", 90, 4800, 2700) for _ in range(100)])
    work = asyncio.gather(*(pool.take(request) for _ in range(2)))
    while BUSY and pool.stats.running < 2:
        await asyncio.sleep(0.01)
    print(*pool.pids, flush=True)
    await work if BUSY else await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.fixture
async def child():
    child = await Child.start()
    yield child
    await child.kill()


def limits_of(pid: int) -> dict[int, tuple[int, int]]:
    names = (resource.RLIMIT_AS, resource.RLIMIT_NOFILE, resource.RLIMIT_CORE, resource.RLIMIT_CPU)
    return {name: resource.prlimit(pid, name) for name in names}


@linux_only
async def test_it_runs_under_limits(child):
    await child.take(request(), 5.0)
    limits = limits_of(child.pid)
    assert limits[resource.RLIMIT_AS] == (1 << 30, 1 << 30)
    assert limits[resource.RLIMIT_NOFILE] == (3, 3)
    assert limits[resource.RLIMIT_CORE] == (0, 0)
    assert 5 <= limits[resource.RLIMIT_CPU][0] <= 8


@linux_only
async def test_it_inherits_no_file_and_no_secret(child, monkeypatch):
    monkeypatch.setenv("SNAP_SECRET_KEY", "hidden")
    fresh = await Child.start()
    try:
        assert sorted(os.listdir(f"/proc/{fresh.pid}/fd")) == ["0", "1", "2"]
        with open(f"/proc/{fresh.pid}/environ", "rb") as environment:
            assert b"SNAP_" not in environment.read()
    finally:
        await fresh.kill()


@linux_only
async def test_the_cpu_allowance_is_renewed_for_each_picture(child):
    async def limit_after_one() -> int:
        await child.take(request(outputs=[OutputSpec("webp", 90, 2560, 1440)]), 20.0)
        return resource.prlimit(child.pid, resource.RLIMIT_CPU)[0]

    first = await limit_after_one()
    while await limit_after_one() <= first:
        pass  # each costs 0.1 s of CPU, so the limit moves after about ten


@linux_only
async def test_a_picture_beyond_the_memory_limit_is_refused_and_the_decoder_lives(child):
    resource.prlimit(child.pid, resource.RLIMIT_AS, (260 << 20, 260 << 20))
    with pytest.raises(DecodeFailed) as failed:
        await child.take(request(outputs=[OutputSpec("png", 85, 7000, 3500)]), 5.0)
    assert failed.value.reason == "too large"
    assert (await child.take(request(), 5.0)).pictures


@pytest.mark.parametrize("busy", [False, True])
@linux_only
def test_it_dies_with_its_parent(busy):
    code = PARENT.replace("BUSY", str(busy))
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    descriptors = []
    try:
        descriptors = [os.pidfd_open(int(pid)) for pid in parent.stdout.readline().split()]
        assert len(descriptors) == 2
        killed = time.monotonic()
        parent.send_signal(signal.SIGKILL)
        for descriptor in descriptors:
            left = killed + GONE_WITHIN - time.monotonic()
            assert select.select([descriptor], [], [], max(0, left))[0], "a decoder outlived its parent"
    finally:
        parent.kill()
        parent.communicate()
        for descriptor in descriptors:
            os.close(descriptor)


async def test_it_ends_when_the_socket_closes_in_mid_picture(child):
    # What the watching thread is for where the kernel tells no child of its parent's death.
    task = asyncio.create_task(child.take(request(outputs=[OutputSpec("webp", 90, 4800, 2700)] * 50), 60.0))
    await asyncio.sleep(0)
    child._connection.shutdown(2)
    await asyncio.wait_for(child.exited(), 5.0)
    with pytest.raises(ChildDied):
        await task
