"""Figure 6: 300 damaged media, (a) as packets to the decoder pool, (b) published to a node over real RTMP.

No process may die of them, and the next good job must get its picture. A decoder that hung or died would be
replaced, and is counted.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import cycle

from bench.content import Message
from bench.faults import corpus, damages
from bench.faults.context import Context
from bench.faults.encoder import Encoder
from bench.faults.onenode import OneNode, reasons
from bench.faults.verdict import Verdict
from jobs.models import Job, Snapshot
from snapplatform.media.pool import DecoderPool
from snapplatform.media.types import DecodeFailed

MEDIA = 300
TOGETHER = 10  # streams at a time, each with a job
DECIDED_SECONDS = 8.0


@dataclass(frozen=True, slots=True)
class Broken:
    medium: corpus.Medium
    kind: str
    messages: list[Message]


def run(context: Context) -> Verdict:
    good = corpus.media()
    broken = _break(good, context)
    verdict = Verdict(0, 0)
    asyncio.run(_to_the_pool(good, broken, verdict))
    node = OneNode(context)
    node.start()
    _to_the_node(node, good, broken, verdict, context)
    return verdict


def _break(good: list[corpus.Medium], context: Context) -> list[Broken]:
    pairs = cycle([(medium, kind) for kind in damages.KINDS for medium in good])
    return [
        Broken(medium, kind, damages.damaged(medium.messages, kind, context.random))
        for (medium, kind), _ in zip(pairs, range(context.count(MEDIA)), strict=False)
    ]


async def _to_the_pool(good: list[corpus.Medium], broken: list[Broken], verdict: Verdict) -> None:
    pool = DecoderPool(2)
    await pool.start()
    pids, outcomes = pool.pids, Counter[str]()
    try:
        for one in broken:
            verdict.of += 1
            try:
                await pool.take(corpus.request(one.medium.codec, one.messages))
                outcome = "picture"
            except DecodeFailed as error:
                outcome = error.reason
            outcomes[outcome] += 1
            verdict.n += outcome not in ("died", "timeout")
        for medium in good:  # the next good ones
            await pool.take(corpus.request(medium.codec, medium.messages))
        if pool.pids != pids:
            verdict.problems.append("decoders of the pool were replaced")
        verdict.details["pool"] = dict(outcomes) | {"decoders_replaced": pool.stats.restarts}
    except DecodeFailed as error:
        verdict.problems.append(f"after the damaged ones a good medium gave no picture: {error}")
    finally:
        await pool.close()


def _to_the_node(
    node: OneNode, good: list[corpus.Medium], broken: list[Broken], verdict: Verdict, context: Context
) -> None:
    lanes = min(TOGETHER, len(broken))
    jobs = [node.job(f"damaged-{lane}", capture="exact") for lane in range(lanes)]
    last = [node.job(f"good-{number}") for number in range(len(good))]
    pid, decoders = node.pid, node.decoders()
    heard = asyncio.run(_publish_all(node, jobs, broken))
    context.say(f"{len(broken)} damaged media were published")
    verdict.of += len(broken)
    verdict.n += sum(heard) if node.lives and node.pid == pid else 0
    now = node.decoders()
    skips = Counter[str]()
    for job in jobs:
        skips.update(reasons(job))
    found = {"pictures": sum(Job.objects.get(pk=job.pk).captured for job in jobs), "skips": dict(skips)}
    verdict.details["node"] = found | {"decoders_replaced": len(set(now) - set(decoders))}
    asyncio.run(_publish_good(node, good, last, verdict))


async def _publish_all(node: OneNode, jobs: list[Job], broken: list[Broken]) -> list[bool]:
    """Whether each was taken up: published, and its job's tick decided, or refused by the server."""
    heard: list[bool] = []

    async def lane(number: int) -> None:
        for one in broken[number :: len(jobs)]:
            async with Encoder(node.port, f"damaged-{number}") as encoder:
                before = await asyncio.to_thread(_decided, jobs[number])
                decided = partial(_decided_more, jobs[number], before)
                heard.append(encoder.accepted)
                try:
                    await encoder.send(one.messages)
                except ConnectionError:
                    continue  # the server ended it, which is an answer
                await _until(decided, DECIDED_SECONDS)
            await _until(partial(_offline, jobs[number]), DECIDED_SECONDS)

    await asyncio.gather(*(lane(number) for number in range(len(jobs))))
    return heard


async def _publish_good(node: OneNode, good: list[corpus.Medium], jobs: list[Job], verdict: Verdict) -> None:
    for number, medium in enumerate(good):
        async with Encoder(node.port, f"good-{number}") as encoder:
            await encoder.send(medium.messages)
            taken = await _until(Snapshot.objects.filter(job=jobs[number]).exists, 20.0)
        verdict.of += 1
        verdict.n += taken
        if not taken:
            why = await asyncio.to_thread(reasons, jobs[number])
            verdict.problems.append(f"the good {medium.name} gave no picture afterwards: {why}")


async def _until(question: Callable[[], bool], seconds: float) -> bool:
    """Whether it came true in time."""
    try:
        async with asyncio.timeout(seconds):
            while not await asyncio.to_thread(question):
                await asyncio.sleep(0.05)
    except TimeoutError:
        return False
    return True


def _decided(job: Job) -> int:
    row = Job.objects.get(pk=job.pk)
    return row.captured + row.skipped


def _decided_more(job: Job, before: int) -> bool:
    return _decided(job) > before


def _offline(job: Job) -> bool:
    return Job.objects.get(pk=job.pk).stream.state == "offline"
