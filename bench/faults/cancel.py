"""Figure 9: how long it takes to let go of a stream that is blocked: 50 of 50, and 99 of 100 within 200 ms.

Pulls that wait for a connection, a handshake, an answer or media are cancelled, in the client alone and as a
node's pull; encoders that fell silent are replaced by a new connection; jobs on silent streams are stopped. A
pull has let go when its call has returned, its sink is closed, and its server has seen the connection end.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager

from bench.faults import corpus
from bench.faults import slow_sources as sources
from bench.faults.context import Context
from bench.faults.encoder import Encoder
from bench.faults.onenode import OneNode
from bench.faults.slow import Nothing
from bench.faults.slow_pulls import allow_loopback
from bench.faults.verdict import Verdict
from bench.stats import percentile
from jobs import services
from jobs.models import Job
from snapplatform.node.ingest import SILENT_SECONDS
from snapplatform.node.openers import openers
from snapplatform.node.puller import Pull
from snapplatform.rtmp import EndKind, PullClient, PullTarget, RtmpUrl
from snapplatform.rtmp.messages import AUDIO
from snapplatform.streams.live import Held
from snapplatform.streams.livestream import LiveStream
from snapplatform.streams.pulls import Claim
from snapplatform.streams.sources import read_source

PULLS, NODE_PULLS, SILENT, STOPS = 20, 10, 10, 10
P99_MS = 200.0
BLOCKED_SECONDS = (0.3, 1.0)
LOST_SECONDS = 10.0  # a cancel that takes longer has not worked
Cancelled = Callable[[], Awaitable[float]]  # milliseconds


def run(context: Context) -> Verdict:
    medium = corpus.media()[2]  # with sound
    node = OneNode(context, allow_loopback())
    jobs = [node.job(f"stopped-{number}") for number in range(context.count(STOPS))]
    node.start()
    return asyncio.run(_all(context, node, medium, jobs))


async def _all(context: Context, node: OneNode, medium: corpus.Medium, jobs: list[Job]) -> Verdict:
    groups: dict[str, list[Cancelled]] = {
        "pull cancelled": [_pull(context, medium, n) for n in range(context.count(PULLS))],
        "node's pull stopped": [_node_pull(context, medium, n) for n in range(context.count(NODE_PULLS))],
        "silent encoder replaced": [_silent(node, medium, n) for n in range(context.count(SILENT))],
        "job stopped": [_stop(node, medium, job) for job in jobs],
    }
    verdict, every = Verdict(0, 0), list[float]()
    for name, group in groups.items():
        times = [await one() for one in group]  # one after the other: they would measure each other
        every += times
        verdict.details[name] = {"p50_ms": _round(percentile(times, 0.5)), "max_ms": _round(max(times))}
        context.say(f"{name}: {verdict.details[name]}")
    verdict.of = len(every)
    verdict.n = sum(took < LOST_SECONDS * 1000 for took in every)
    verdict.details["p99_ms"] = p99 = _round(percentile(every, 0.99))
    if p99 > P99_MS * context.patience:
        verdict.problems.append(f"p99 is {p99} ms, over {P99_MS:.0f}")
    return verdict


def _blocking(medium: corpus.Medium, number: int, left: asyncio.Event) -> AbstractAsyncContextManager[int]:
    """One of six servers that block a pull; `left` is set when the client has gone."""
    begun = sources.SHAKE + sources.PLAYING + sources.first_picture(medium.messages)
    handlers = [
        sources.silent,
        sources.shakes_hands,
        sources.dribbles(b"", sources.SHAKE),
        sources.says(begun),
        sources.plays(medium.messages, only=AUDIO),
    ]
    if number % 6 == 5:
        left.set()  # nobody ever arrives there
        return sources.black_hole()
    return sources.serving(_telling(handlers[number % 6], left))


def _telling(handler: sources.Handler, left: asyncio.Event) -> sources.Handler:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nothing = asyncio.StreamReader()  # for the handler: only one may wait for the real one's bytes
        acting = asyncio.create_task(handler(nothing, writer))
        try:
            while await reader.read(65536):
                pass
        except ConnectionError:
            pass
        left.set()
        acting.cancel()

    return handle


def _pull(context: Context, medium: corpus.Medium, number: int) -> Cancelled:
    async def cancel() -> float:
        left, sink = asyncio.Event(), Nothing()
        async with _blocking(medium, number, left) as port:
            target = PullTarget(RtmpUrl.parse(f"rtmp://127.0.0.1:{port}/live/cam"), "127.0.0.1")
            task = asyncio.create_task(PullClient().pull(target, sink))
            await asyncio.sleep(context.random.uniform(*BLOCKED_SECONDS))
            began = time.perf_counter()
            task.cancel()
            await asyncio.wait({task})
            assert task.cancelled() or task.result().kind is EndKind.CANCELLED
            assert sink.closed, "the sink was left open"
            return await _gone(left, began)

    return cancel


def _node_pull(context: Context, medium: corpus.Medium, number: int) -> Cancelled:
    async def cancel() -> float:
        left = asyncio.Event()
        async with _blocking(medium, number, left) as port:
            source = read_source("url", f"rtmp://127.0.0.1:{port}/live/cam")
            held = Held(uuid.uuid4(), 1, "cam", uuid.uuid4(), 1, 0)
            stream = LiveStream(held, ring_bytes=1 << 20, on_close=lambda closed, why: None)
            pull = Pull(Claim(held, source), stream, openers(), on_change=lambda: None)
            pull.start()
            await asyncio.sleep(context.random.uniform(*BLOCKED_SECONDS))
            began = time.perf_counter()
            task = pull.stop("not wanted")
            assert task is not None
            await asyncio.wait({task})
            return await _gone(left, began)

    return cancel


def _silent(node: OneNode, medium: corpus.Medium, number: int) -> Cancelled:
    """From the new connection's publish to its acceptance, with the old one dropped."""

    async def replace() -> float:
        async with Encoder(node.port, f"silent-{number}") as old:
            await old.send(medium.messages)
            await asyncio.sleep(SILENT_SECONDS + 0.2)
            began = time.perf_counter()
            async with Encoder(node.port, f"silent-{number}") as new:
                if not new.accepted:
                    return LOST_SECONDS * 1000
                await old.gone()
                return (time.perf_counter() - began) * 1000

    return replace


def _stop(node: OneNode, medium: corpus.Medium, job: Job) -> Cancelled:
    """From the call to its return; no picture may be added after it."""

    async def stop() -> float:
        async with Encoder(node.port, job.name) as encoder:
            await encoder.send(medium.messages)
            await asyncio.sleep(1.0)
            began = time.perf_counter()
            await asyncio.to_thread(services.stop_job, principal=node.principal, job_id=job.pk)
            took = (time.perf_counter() - began) * 1000
            before = await asyncio.to_thread(_row, job)
            await encoder.send(medium.messages, at=2000)
            await asyncio.sleep(0.7)
            after = await asyncio.to_thread(_row, job)
            assert before == after and after[0] == "paused", f"{before} became {after}"
            return took

    return stop


def _row(job: Job) -> tuple[str, int]:
    row = Job.objects.get(pk=job.pk)
    return row.status, row.captured


async def _gone(left: asyncio.Event, began: float) -> float:
    """Milliseconds until the server has seen the client go."""
    try:
        async with asyncio.timeout(LOST_SECONDS):
            await left.wait()
    except TimeoutError:
        return LOST_SECONDS * 1000
    return (time.perf_counter() - began) * 1000


def _round(number: float) -> float:
    return round(number, 1)
