"""Figure 10, of what exists: 12 media that claim or cost too much, published to a node beside honest streams.

Each must be answered within 5 s, by a picture, a reason or the end of its connection; no process may pass
1 GiB; and the pictures of the other streams may be late by 250 ms more than before.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from bench.content import Message
from bench.faults import corpus, explosives
from bench.faults.cameras import Cameras
from bench.faults.context import Context
from bench.faults.encoder import Encoder
from bench.faults.onenode import OneNode, reasons
from bench.faults.verdict import Verdict
from bench.stats import percentile
from jobs.models import Job, Snapshot
from snapplatform import clock

SECONDS = 5.0
MIB = 1024.0
LATER_MS = 250
HONEST = 4
INTERVAL_MS = 500
CALM_SECONDS = 10.0
WATCH_SECONDS = 0.02
NOT_REASONS = ("", "stream offline", "no keyframe yet", "no video")  # nothing has come of it yet
_IGNORED_SKIPS = ("stream ended", "no new keyframe", "job stopped", "previous picture not finished")


class Memory:
    """The most that the node and each of its decoders had, in MiB, seen 50 times a second."""

    def __init__(self, node: OneNode) -> None:
        self.peaks: dict[int, float] = {}
        self._node = node
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def end(self) -> float:
        self._ended.set()
        self._thread.join()
        return max(self.peaks.values())

    def _watch(self) -> None:
        turn = 0
        while not self._ended.wait(WATCH_SECONDS):
            if turn % 10 == 0:
                with suppress(Exception):  # a decoder that has just gone
                    self.peaks |= {
                        pid: self.peaks.get(pid, 0.0) for pid in (self._node.pid, *self._node.decoders())
                    }
            turn += 1
            for pid in list(self.peaks):
                with suppress(OSError):
                    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
                    self.peaks[pid] = max(self.peaks[pid], pages * 4096 / 2**20)


def run(context: Context) -> Verdict:
    node = OneNode(context)
    bombs = explosives.bombs(corpus.media()[0])
    jobs = {name: node.job(f"bomb-{number}", capture="exact") for number, name in enumerate(bombs)}
    honest = [f"camera-{number:02d}" for number in range(HONEST)]
    others = [node.job(name, interval_ms=INTERVAL_MS) for name in honest]
    node.start()
    cameras = Cameras(context, node.port)
    cameras.start(honest)
    cameras.wait_live(honest)
    time.sleep(2.0)
    calm = _lags(others, lambda: time.sleep(CALM_SECONDS))
    pid, memory, verdict = node.pid, Memory(node), Verdict(0, len(bombs))
    bombed = _lags(others, lambda: _drop_all(node, bombs, jobs, verdict, context))
    verdict.details |= {
        "peak_mib": round(peak := memory.end(), 1),
        "calm_p95_ms": (before := percentile(calm, 0.95)),
        "bombed_p95_ms": (after := percentile(bombed, 0.95)),
        "bombed_max_ms": max(bombed),
        "others": len(bombed),
    }
    if not node.lives or node.pid != pid:
        verdict.problems.append("the node died")
    if peak > MIB:
        verdict.problems.append(f"a process had {peak:.0f} MiB")
    if after > before + LATER_MS * context.patience:
        verdict.problems.append(f"the others' pictures came {after - before:.0f} ms later")
    return verdict


def _lags(jobs: list[Job], during: Callable[[], None]) -> list[float]:
    """Milliseconds from tick to stored, of the pictures that these jobs took meanwhile."""
    since = clock.now()
    during()
    rows = Snapshot.objects.filter(job__in=jobs, frame_at__gt=since)
    return [float(lag) for lag in rows.values_list("lag_ms", flat=True)]


def _drop_all(
    node: OneNode, bombs: dict[str, list[Message]], jobs: dict[str, Job], verdict: Verdict, context: Context
) -> None:
    for name, messages in bombs.items():
        took, how = asyncio.run(_drop(node, jobs[name], messages))
        verdict.details[name] = {"seconds": round(took, 1), "answer": how}
        context.say(f"{name}: {how or 'no answer'} after {took:.1f} s")
        if how and took < SECONDS * context.patience:
            verdict.n += 1
        else:
            verdict.problems.append(f"{name}: {how or 'no answer'} after {took:.1f} s")


async def _drop(node: OneNode, job: Job, messages: list[Message]) -> tuple[float, str]:
    """Seconds until it was answered, and how."""
    began = time.monotonic()
    async with Encoder(node.port, job.name) as encoder:
        gone = asyncio.create_task(encoder.gone())
        with suppress(ConnectionError):
            await encoder.send(messages)
        while time.monotonic() - began < 4 * SECONDS:
            answer = "connection closed" if gone.done() else await asyncio.to_thread(_answer, job)
            if answer:
                gone.cancel()
                return time.monotonic() - began, answer
            await asyncio.sleep(0.05)
        gone.cancel()
    return time.monotonic() - began, ""


def _answer(job: Job) -> str:
    row = Job.objects.get(pk=job.pk)
    if row.captured:
        return "picture"
    skips = [reason for reason in reasons(job) if reason not in (*_IGNORED_SKIPS, *NOT_REASONS)]
    return skips[0] if skips else row.waiting if row.waiting not in NOT_REASONS else ""
