"""Figure 23: the Nth call fails, for N = 1, 2, ... until nothing of its kind is left to fail (at most 40).

Two pictures go the way that each picture of a node goes: camera, keeper, bucket or spool, writer, database.
One call on the way fails: a system call of the store or the spool, a database statement, a COMMIT before or
after it was done. Afterwards both pictures are registered once each, with all their bytes, or counted as
skipped with a reason; no truncated file has a final name; files without a row are the most that is left.
"""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import nullcontext
from itertools import product
from types import SimpleNamespace
from typing import Any, NoReturn
from unittest import mock

from bench.faults.context import Context
from bench.faults.nth_faults import DATABASE_KINDS, KINDS, Fault, injected, watch_statements
from bench.faults.nth_judge import Trial, judge
from bench.faults.onenode import OneNode
from bench.faults.verdict import Verdict
from jobs.models import Job
from jobs.spec import JobSpec, started_jobs
from snapplatform import clock
from snapplatform.errors import StorageUnavailable
from snapplatform.media.types import Picture
from snapplatform.node import keeping
from snapplatform.node.camera import Camera
from snapplatform.node.main import CaptureNode, Options
from snapplatform.storage.store import LocalStore

MOST = 40
PICTURES = 2
SETTLE_SECONDS = 30.0
PICTURE_BYTES = 6000
SKIP = "decode: corrupt"
RETRY_SECONDS = 0.6  # the writer tries again after a fifth of a second


def run(context: Context) -> Verdict:
    site = OneNode(context)
    job = site.job("nth", sequence_format="{JobId}/{Sequence}.jpg", overwrite_format="{JobId}.jpg")
    most = context.count(MOST)
    trials = asyncio.run(_all(job, most, context))
    return judge(trials, job, most)


async def _all(job: Job, most: int, context: Context) -> list[Trial]:
    node = CaptureNode(Options("127.0.0.1", 0, decoders=1))
    tasks = [asyncio.create_task(work) for work in (node.writer.run(), node.replay.run())]
    specs = await node.database.run(started_jobs, [job.stream_id])
    trials: list[Trial] = []
    try:
        for away, kind in product((False, True), KINDS):
            for number in range(1, most + 1):
                trials.append(await _try(node, specs[job.pk], Fault(kind, number), away, context))
                if not trials[-1].fault.fired:
                    break
            context.say(f"{kind}{', by the spool' * away}: {number} trials")
        for kind in DATABASE_KINDS:
            for number in range(1, most + 1):
                trials.append(await _count(node, specs[job.pk], Fault(kind, number)))
                if not trials[-1].fault.fired:
                    break
            context.say(f"{kind}, counts alone: {number} trials")
    finally:
        node.writer.stop()
        await asyncio.wait(tasks[:1], timeout=SETTLE_SECONDS)
        tasks[1].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await node.disk.run(node.spool.close)
        await node.database.close()
    return trials


async def _try(node: CaptureNode, spec: JobSpec, fault: Fault, away: bool, context: Context) -> Trial:
    pictures = [b"\xff\xd8" + context.random.randbytes(PICTURE_BYTES) for _ in range(PICTURES)]
    trial = Trial(fault, away, pictures, [])
    await node.database.run(watch_statements, fault)
    _forget(node)
    with injected(fault), mock.patch.object(keeping, "write", _refuse) if away else nullcontext():
        before: asyncio.Task[None] | None = None
        shots = []
        for data in trial.pictures:
            before = asyncio.create_task(_shoot(node, spec, data, before, shots))
            await asyncio.sleep(0.01)
        assert before is not None
        await asyncio.wait({before})
        trial.reasons = [reason for _, reason in sorted(shots, key=lambda one: trial.pictures.index(one[0]))]
        async with asyncio.timeout(SETTLE_SECONDS):
            while node.writer.waiting or node.spool.lanes() or node.writer.counts(spec.id, spec.run).skips:
                await asyncio.sleep(0.01)
        fault.armed = False
    return trial


async def _count(node: CaptureNode, spec: JobSpec, fault: Fault) -> Trial:
    """A tick that gave no picture is counted, and nothing else: once, whatever fails."""
    before = await asyncio.to_thread(_skipped, spec)
    await node.database.run(watch_statements, fault)
    with injected(fault):
        node.writer.counts(spec.id, spec.run).skip(SKIP)
        async with asyncio.timeout(SETTLE_SECONDS):
            while await asyncio.to_thread(_skipped, spec) == before:
                await asyncio.sleep(0.05)
        await asyncio.sleep(RETRY_SECONDS)
        fault.armed = False
    after = await asyncio.to_thread(_skipped, spec)
    problem = f"one skip was counted {after - before} times" if after != before + 1 else ""
    return Trial(fault, False, [], [SKIP], problem)


def _skipped(spec: JobSpec) -> int:
    return Job.objects.values_list("skipped", flat=True).get(pk=spec.id)


def _forget(node: CaptureNode) -> None:
    """The bucket's store, so that each trial makes its folder and looks its row up."""
    for store in node.keeper._stores._stores.values():
        if isinstance(store, LocalStore):
            store._made = ""
    node.keeper._stores._stores.clear()


def _refuse(*args: Any) -> NoReturn:
    raise StorageUnavailable("the bucket is away")


async def _shoot(
    node: CaptureNode,
    spec: JobSpec,
    data: bytes,
    before: asyncio.Task[None] | None,
    shots: list[tuple[bytes, str]],
) -> None:
    """As a runner does with a tick; the decoder alone is not asked."""
    camera = Camera(_stream(spec), _tools(node, data))  # type: ignore[arg-type]
    now = clock.monotonic()
    frame = SimpleNamespace(arrived_at=now, packet=SimpleNamespace(pts_ms=0, received_at=now))
    try:
        reason = await camera.shoot(spec, frame, now, before)  # type: ignore[arg-type]
    except Exception as error:
        reason = f"internal error: {error!r}"
    if reason:
        node.writer.counts(spec.id, spec.run).skip(reason)
    shots.append((data, reason))


def _stream(spec: JobSpec) -> SimpleNamespace:
    return SimpleNamespace(held=SimpleNamespace(epoch=0, name="nth"))


def _tools(node: CaptureNode, data: bytes) -> SimpleNamespace:
    picture = Picture("jpeg", 320, 180, data, hashlib.sha256(data).hexdigest())
    result = SimpleNamespace(flags=frozenset(), signature=b"", mean_luma=100.0, decode_ms=1.0)

    async def take(stream: Any, frame: Any, output: Any) -> tuple[Any, Picture]:
        return result, picture

    return SimpleNamespace(desk=SimpleNamespace(take=take), keeper=node.keeper, outlet=node.writer)
