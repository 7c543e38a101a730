"""Processes that read streams: shared, ended, replaced, never outliving anybody; and cancelling at once."""

import asyncio
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace

import pytest

from snapplatform.media.pull.client import AvPull
from snapplatform.media.pull.limits import AvLimits
from snapplatform.media.pull.processes import Reader
from snapplatform.media.pull.schemes import AvUrl
from tests.unit.media.pull.conftest import LOOPBACK
from tests.unit.media.pull.media import SMALL, encoded
from tests.unit.media.pull.site import Request, Site, chunked, pieces_of, says, site
from tests.unit.media.pull.watching import QUICK, Recorder, until, watch

# Five times what is promised.
CANCELLED_WITHIN = 1.0
GONE_WITHIN = 0.5

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc and uses pidfd")


@pytest.fixture
async def patient() -> AsyncIterator[AvPull]:
    """No time-out ends what nobody cuts."""
    limits = replace(QUICK, open_seconds=90, silence_seconds=90, video_seconds=90, linger_seconds=90)
    one = AvPull(limits, allowed=LOOPBACK)
    yield one
    await one.close()


def endless(first_frame: int = 0):
    """A stream that has more to come than any of these tests waits for."""
    return chunked(pieces_of(encoded("flv", SMALL, 200, first_frame), 1000), 0.05)


def start(client: AvPull, url: str, sink: Recorder) -> "asyncio.Task[object]":
    return asyncio.get_running_loop().create_task(client.pull(AvUrl.parse(url), sink))


async def flood(request: Request, writer: asyncio.StreamWriter) -> None:
    """MPEG-TS of null packets."""
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write((b"\x47\x1f\xff\x10" + bytes(184)) * 5000)
        await writer.drain()


async def cancel(task: "asyncio.Task[object]") -> float:
    """Seconds that it took."""
    begun = time.monotonic()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    return time.monotonic() - begun


async def gone(one: Site, others: int = 0) -> None:
    """Nobody else is connected any more."""
    async with asyncio.timeout(30):
        while len(one.tasks) > others:
            await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(endless(), id="playing"),
        pytest.param(says(b""), id="silent before the answer"),
        pytest.param(says(b"HTTP/1.1 200 OK\r\n\r\n"), id="silent after the answer"),
        pytest.param(chunked(pieces_of(encoded("flv", SMALL, 10))), id="silent after pictures"),
    ],
)
@pytest.mark.parametrize("others", [0, 1])
async def test_cancelling_ends_a_stream_at_once_and_no_other(patient: AvPull, page, others: int) -> None:
    client = patient
    async with site({"/cam": page, "/other": endless(500)}) as one:
        other = Recorder()
        tasks = [start(client, one.url("/other"), other) for _ in range(others)]
        sink = Recorder()
        task = start(client, one.url("/cam"), sink)
        async with asyncio.timeout(30):
            while "/cam" not in one.paths:
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.3)
        assert await cancel(task) < CANCELLED_WITHIN
        assert sink.ends == ["cancelled"]
        await gone(one, others)
        if others:
            await until(other, len(other.units) + 5)
            assert client.stats.started == 1
            assert await cancel(tasks[0]) < CANCELLED_WITHIN
            await gone(one)


async def test_cancelling_before_a_process_is_ready(client: AvPull) -> None:
    async with site({"/cam": endless()}) as one:
        sink = Recorder()
        task = start(client, one.url("/cam"), sink)
        await asyncio.sleep(0.05)
        assert await cancel(task) < CANCELLED_WITHIN
    assert sink.ends == ["cancelled"]


async def test_close_ends_streams_and_processes(client: AvPull) -> None:
    async with site({"/cam": endless()}) as one:
        sink = Recorder()
        task = start(client, one.url("/cam"), sink)
        await until(sink, 1)
        descriptors = [os.pidfd_open(pid) for pid in client.pids]
        await client.close()
        assert select.select(descriptors, [], [], 0)[0] == descriptors
        assert str(await task) == "internal error: its reading process died"
    for descriptor in descriptors:
        os.close(descriptor)


async def test_a_killed_process_costs_its_streams_and_they_are_read_apart_then(client: AvPull) -> None:
    async with site({"/one": endless(), "/two": endless(500)}) as one:
        sinks = [Recorder(), Recorder()]
        tasks = [
            start(client, one.url(path), sink) for path, sink in zip(("/one", "/two"), sinks, strict=True)
        ]
        for sink in sinks:
            await until(sink, 1)
        assert len(client.pids) == 1
        os.kill(client.pids[0], signal.SIGKILL)
        for task in tasks:
            assert str(await task) == "internal error: its reading process died"
        again = [Recorder(), Recorder()]
        tasks = [
            start(client, one.url(path), sink) for path, sink in zip(("/one", "/two"), again, strict=True)
        ]
        for sink in again:
            await until(sink, 1)
        assert len(client.pids) == 2
        for task in tasks:
            await cancel(task)


async def test_processes_take_so_many_streams_and_end_when_idle() -> None:
    client = AvPull(AvLimits(per_process=2, idle_seconds=0.2, tick_seconds=0.05), allowed=LOOPBACK)
    try:
        async with site({f"/{index}": endless() for index in range(5)}) as one:
            sinks = [Recorder() for _ in range(5)]
            tasks = [start(client, one.url(f"/{index}"), sink) for index, sink in enumerate(sinks)]
            for sink in sinks:
                await until(sink, 1)
            assert len(client.pids) == 3
            for task in tasks:
                await cancel(task)
            async with asyncio.timeout(30):
                while client.pids:
                    await asyncio.sleep(0.02)
    finally:
        await client.close()


async def test_no_more_processes_than_allowed_are_started() -> None:
    client = AvPull(AvLimits(per_process=1, processes=1), allowed=LOOPBACK)
    try:
        async with site({"/cam": endless()}) as one:
            sink = Recorder()
            task = start(client, one.url("/cam"), sink)
            await until(sink, 1)
            _, end = await watch(client, one.url("/cam"))
            assert str(end) == "internal error: no process to read it"
            await cancel(task)
    finally:
        await client.close()


async def test_a_node_that_does_not_read_gets_whole_gops_later(client: AvPull) -> None:
    """The loop stands still while more comes than the child may keep."""
    big = encoded("flv", SMALL, 200)
    sent = asyncio.Event()

    async def flood(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n" + big)
        await writer.drain()
        sent.set()
        await request.left()

    async with site({"/cam": flood}) as one:
        sink = Recorder()
        task = start(client, one.url("/cam"), sink)
        await until(sink, 1)
        await sent.wait()
        time.sleep(1)  # the node is stuck
        await until(sink, 199)
        assert sink.numbers()[:199] == list(range(199))
        await cancel(task)


@linux_only
async def test_a_process_runs_under_limits_and_inherits_nothing(client: AvPull, monkeypatch) -> None:
    import resource

    monkeypatch.setenv("SNAP_SECRET_KEY", "hidden")
    reader = await Reader.start(20)
    try:
        limits = {
            name: resource.prlimit(reader.pid, getattr(resource, name))
            for name in ("RLIMIT_AS", "RLIMIT_CORE")
        }
        assert limits == {"RLIMIT_AS": (1 << 30, 1 << 30), "RLIMIT_CORE": (0, 0)}
        assert 8 <= resource.prlimit(reader.pid, resource.RLIMIT_CPU)[0] <= 12
        assert sorted(os.listdir(f"/proc/{reader.pid}/fd")) == ["0", "1", "2"]
        with open(f"/proc/{reader.pid}/environ", "rb") as environment:
            assert b"SNAP_" not in environment.read()
    finally:
        await reader.kill()


@linux_only
async def test_user_and_password_are_in_no_argument_and_no_environment(client: AvPull) -> None:
    async with site({"/cam": endless()}) as one:
        sink = Recorder()
        task = start(client, one.url("/cam?token=hidden").replace("//", "//user:secret@"), sink)
        async with asyncio.timeout(30):
            while not one.asked:
                await asyncio.sleep(0.01)
        assert one.asked[0].headers["Authorization"] == "Basic dXNlcjpzZWNyZXQ="
        for name in ("cmdline", "environ"):
            with open(f"/proc/{client.pids[0]}/{name}", "rb") as told:
                assert not {b"secret", b"hidden"} & {told.read()}
        await cancel(task)


PARENT = """
import asyncio
from ipaddress import ip_network
from snapplatform.media.pull.client import AvPull
from snapplatform.media.pull.schemes import AvUrl

class Sink:
    def on_config(self, *values): pass
    def on_access_unit(self, *values): print(client.pids[0], flush=True)
    def on_end(self, reason): pass

async def main():
    global client
    client = AvPull(allowed=[ip_network("127.0.0.0/8")])
    await client.pull(AvUrl.parse("URL"), Sink())

asyncio.run(main())
"""


@linux_only
async def test_it_dies_with_its_parent() -> None:
    async with site({"/cam": endless()}) as one:
        code = PARENT.replace("URL", one.url("/cam"))
        parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        try:
            assert parent.stdout is not None
            line = await asyncio.get_running_loop().run_in_executor(None, parent.stdout.readline)
            descriptor = os.pidfd_open(int(line))
            parent.kill()
            assert select.select([descriptor], [], [], GONE_WITHIN)[0], "it outlived its parent"
            os.close(descriptor)
        finally:
            parent.kill()
            parent.communicate()


@linux_only
async def test_what_loops_for_ever_is_ended_by_the_kernel(patient: AvPull) -> None:
    """A stream of nothing but stuffing, as fast as it goes; the limit is lower here, to have it sooner."""
    import resource

    async with site({"/cam": flood}) as one:
        task = start(patient, one.url("/cam"), Recorder())
        async with asyncio.timeout(60):
            while not task.done():
                for pid in patient.pids:
                    with suppress(ProcessLookupError):
                        resource.prlimit(pid, resource.RLIMIT_CPU, (2, resource.RLIM_INFINITY))
                await asyncio.wait([task], timeout=0.2)
    assert str(task.result()) == "internal error: its reading process died"
