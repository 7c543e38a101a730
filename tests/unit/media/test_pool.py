"""Real decoder processes: what fails costs one picture, and the next one comes."""

import asyncio
import errno
import os
import signal
import socket
import subprocess
import sys
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
import uvloop

from snapplatform.media import child
from snapplatform.media.pool import DecoderPool
from snapplatform.media.scene import read_frame_number
from snapplatform.media.synthetic import Camera
from snapplatform.media.types import DecodeFailed, OutputSpec, PictureRequest

from .samples import JPEG, opened, request, sample

HEAVY = [OutputSpec("webp", 90, 4000, 2250)]


@asynccontextmanager
async def pool_of(size: int = 1, **options):
    pool = DecoderPool(size, **options)
    await pool.start()
    try:
        yield pool
    finally:
        await pool.close()


async def until(condition) -> None:
    """Let the loop turn until the condition holds; the test's own timeout bounds it."""
    while not condition():
        await asyncio.sleep(0.005)


async def reason(awaitable) -> str:
    with pytest.raises(DecodeFailed) as failed:
        await awaitable
    return failed.value.reason


async def number(pool: DecoderPool, asked: PictureRequest) -> int | None:
    return read_frame_number(opened((await pool.take(asked)).pictures[0]))


async def test_pictures_come_out_and_numbers_rise():
    config, packets = sample(frames=6)
    async with pool_of() as pool:
        numbers = [await number(pool, PictureRequest(config, packets[:n], [JPEG])) for n in range(1, 7)]
    assert numbers == [0, 1, 2, 3, 4, 5]
    assert (pool.stats.taken, pool.stats.restarts, pool.stats.ready) == (6, 0, 0)


async def test_a_hundred_at_once_queue():
    async with pool_of(2) as pool:
        results = await asyncio.gather(*(pool.take(request()) for _ in range(100)))
    assert len({r.pictures[0].sha256 for r in results}) == 1
    assert (pool.stats.taken, pool.stats.waiting, pool.stats.running) == (100, 0, 0)


async def test_a_corrupt_stream_is_told_and_costs_no_decoder():
    config, packets = sample()
    async with pool_of() as pool:
        assert await reason(pool.take(PictureRequest(config, packets[1:], [JPEG]))) == "corrupt"
        assert await number(pool, request()) == 5
        assert (pool.stats.restarts, pool.stats.failed["corrupt"]) == (0, 1)


async def test_a_decoder_killed_in_mid_picture_costs_that_picture():
    async with pool_of() as pool:
        victim = pool.pids[0]
        os.kill(victim, signal.SIGSTOP)
        hit, after = asyncio.create_task(pool.take(request())), asyncio.create_task(number(pool, request()))
        await until(lambda: pool.stats.running == 1)
        os.kill(victim, signal.SIGKILL)
        assert await reason(hit) == "died"
        assert await after == 5
        assert pool.pids != [victim]


async def test_a_decoder_killed_while_idle_costs_nothing():
    async with pool_of() as pool:
        victim = pool.pids[0]
        os.kill(victim, signal.SIGKILL)
        await until(lambda: pool.stats.restarts == 1 and pool.stats.ready == 1)
        assert await number(pool, request()) == 5
        assert not pool.stats.failed


async def test_a_hanging_decoder_is_replaced_at_the_deadline():
    async with pool_of() as pool:
        os.kill(pool.pids[0], signal.SIGSTOP)
        assert await reason(pool.take(request(), deadline=0.2)) == "timeout"
        assert await number(pool, request()) == 5
        assert pool.stats.restarts == 1


async def test_the_others_go_on_while_one_hangs():
    async with pool_of(2) as pool:
        os.kill(pool.pids[0], signal.SIGSTOP)
        answers = await asyncio.gather(*(pool.take(request(), 1.0) for _ in range(8)), return_exceptions=True)
    failed = [answer for answer in answers if isinstance(answer, DecodeFailed)]
    assert [error.reason for error in failed] == ["timeout"]


async def test_more_cpu_than_allowed_ends_the_decoder():
    camera = Camera(1920, 1080, noise=8)
    outputs = [OutputSpec("webp", 95, 4800, 2700 - index) for index in range(8)]
    async with pool_of() as pool:
        assert await reason(pool.take(request(camera, 2, outputs), deadline=0.5)) in ("timeout", "died")
        assert await number(pool, request()) == 5


async def test_a_cancelled_request_does_not_disturb_the_next():
    async with pool_of() as pool:
        heavy = asyncio.create_task(pool.take(request(outputs=HEAVY)))
        queued = asyncio.create_task(pool.take(request(outputs=HEAVY)))
        await until(lambda: pool.stats.running == 1)
        heavy.cancel()
        queued.cancel()
        assert await number(pool, request()) == 5
        assert (pool.stats.restarts, pool.stats.waiting) == (0, 0)


async def test_a_full_queue_refuses_at_once():
    async with pool_of(max_queue=2) as pool:
        os.kill(pool.pids[0], signal.SIGSTOP)
        pending = [asyncio.create_task(pool.take(request()))]
        await until(lambda: pool.stats.running == 1)
        pending += [asyncio.create_task(pool.take(request())) for _ in range(2)]
        await until(lambda: pool.stats.waiting == 2)
        assert await reason(pool.take(request())) == "queue full"
        os.kill(pool.pids[0], signal.SIGCONT)
        await asyncio.gather(*pending)


async def test_waiting_has_an_end():
    async with pool_of(max_wait=0.1) as pool:
        os.kill(pool.pids[0], signal.SIGSTOP)
        first = asyncio.create_task(pool.take(request()))
        await until(lambda: pool.stats.running == 1)
        assert await reason(pool.take(request())) == "busy"
        assert pool.stats.waiting == 0
        os.kill(pool.pids[0], signal.SIGCONT)
        await first


async def test_a_busy_group_leaves_a_decoder_to_the_others():
    async with pool_of(2) as pool:
        await pool.take(replace(request(), group="quick"))
        slow = [
            asyncio.create_task(pool.take(replace(request(outputs=HEAVY), group="busy"))) for _ in range(6)
        ]
        await until(lambda: pool.stats.running == 1)
        for _ in range(5):
            await pool.take(replace(request(), group="quick"))
        assert not all(task.done() for task in slow[:2])
        await asyncio.gather(*slow)


async def test_a_machine_without_files_costs_a_decoder_only_time(monkeypatch):
    real, calls = socket.socketpair, []

    def full(*arguments, **options):
        calls.append(arguments)
        if len(calls) < 3:
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return real(*arguments, **options)

    async with pool_of() as pool:
        monkeypatch.setattr(child.socket, "socketpair", full)
        os.kill(pool.pids[0], signal.SIGKILL)
        await until(lambda: pool.stats.restarts == 3 and pool.stats.ready == 1)
        assert await number(pool, request()) == 5


async def test_no_fault_ends_a_slot(monkeypatch):
    real, calls = child.Child.start, []

    async def broken():
        calls.append(1)
        if len(calls) < 2:
            raise RuntimeError("can't start new thread")
        return await real()

    async with pool_of() as pool:
        monkeypatch.setattr(child.Child, "start", broken)
        monkeypatch.setattr(child.protocol, "parse_result", lambda *_: 1 / 0)
        assert await reason(pool.take(request())) == "died"
        monkeypatch.undo()
        assert await number(pool, request()) == 5
        assert (pool.stats.waiting, pool.stats.running, pool.stats.ready) == (0, 0, 1)


async def test_the_line_does_not_grow_while_no_decoder_starts(monkeypatch):
    async def broken():
        raise child.ChildDied("no memory")

    async with pool_of(max_wait=0.05) as pool:
        monkeypatch.setattr(child.Child, "start", broken)
        os.kill(pool.pids[0], signal.SIGKILL)
        await until(lambda: pool.stats.ready == 0)
        reasons = await asyncio.gather(*(reason(pool.take(request())) for _ in range(50)))
        assert set(reasons) == {"busy"}
        assert (pool.stats.waiting, pool._line.clear()) == (0, [])


async def test_closing_fails_what_is_not_done():
    pool = DecoderPool(1)
    await pool.start()
    pid = pool.pids[0]
    os.kill(pid, signal.SIGSTOP)
    tasks = [asyncio.create_task(pool.take(request())) for _ in range(3)]
    await until(lambda: pool.stats.running == 1)
    await pool.close()
    assert [await reason(task) for task in tasks] == ["closed"] * 3
    assert await reason(pool.take(request())) == "closed"
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_too_much_is_refused_without_a_decoder_lost():
    config, packets = sample()
    many = [packets[0]] * 200_000
    async with pool_of() as pool:
        assert await reason(pool.take(PictureRequest(config, many, [JPEG]))) == "too large"
        assert await number(pool, request()) == 5
        assert pool.stats.restarts == 0


def test_the_node_loads_no_codec():
    # libav and numpy would cost the node 30 MB and, worse, let strangers' bytes meet a decoder in it.
    code = (
        "import sys, snapplatform.media.pool; print(*{'av', 'numpy', 'PIL', 'simplejpeg'} & set(sys.modules))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == ""


def test_it_works_under_uvloop():
    async def scenario() -> None:
        await test_a_hundred_at_once_queue()
        await test_a_decoder_killed_in_mid_picture_costs_that_picture()
        await test_a_hanging_decoder_is_replaced_at_the_deadline()
        await test_a_decoder_killed_while_idle_costs_nothing()

    uvloop.run(scenario())
