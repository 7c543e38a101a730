"""The order of the bench: ways take turns in each repetition, so that a slow minute meets all of them."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bench import chunks, content, first, likeness, load, machine
from bench.plan import Plan
from bench.results import Loads, Results
from bench.site import QUALITY
from bench.stand import Stand


def run(folder: Path, port: int, plan: Plan, only: Sequence[str], *, command: str, date: str) -> Results:
    """All asked parts. RuntimeError when something does not come up; every process has ended then too."""
    results = Results(date, command, plan.window, machine.describe())
    began = time.monotonic()
    with Stand(folder, port) as stand:
        for name in plan.repetitions:
            _say(f"preparing {name}")
            made = content.load(name)
            results.likeness[name] = likeness.compare(made, QUALITY, stand.has_peers)
            results.notes.append(made.describe())
        stand.q = next(iter(results.likeness.values())).q
        if "load" in only or "together" in only:
            _loads(stand, plan, results, with_load="load" in only, with_together="together" in only)
        if "chunks" in only:
            _say("chunk sizes")
            results.chunks = chunks.run(stand, plan)
        if "first" in only:
            _say("first pictures")
            results.firsts = first.run(stand, plan.firsts)
        results.notes += _notes(stand)
    results.minutes = (time.monotonic() - began) / 60
    return results


def _loads(stand: Stand, plan: Plan, results: Results, *, with_load: bool, with_together: bool) -> None:
    names = list(plan.repetitions)
    for name in names if with_load else names[:1]:
        loads = Loads()
        for turn in range(plan.repetitions[name]):
            together = with_together and name == names[0]
            ways = [lambda: _ours(stand, plan, name, results, loads, together)]  # noqa: B023 - called in this turn
            if with_load and stand.has_peers:
                ways += _peers(stand, plan, name, loads)
            random.shuffle(ways)
            for way in ways:
                _say(f"{name}, repetition {turn + 1} of {plan.repetitions[name]}")
                way()
        if with_load:
            results.loads[name] = loads


def _ours(stand: Stand, plan: Plan, name: str, results: Results, loads: Loads, together: bool) -> None:
    done = load.ours(stand, name, plan.ours, plan.window, together)
    loads.ours.rounds.append(done)
    for key, value in done.counts.items():
        loads.counts[key] = loads.counts.get(key, 0) + value
    if together:
        results.together_streams = plan.ours[-1]
        results.together = results.together or load.Together()
        results.together.firsts += done.together.firsts
        results.together.grid += done.together.grid
        results.together.waits += done.together.waits


def _peers(stand: Stand, plan: Plan, name: str, loads: Loads) -> list[Callable[[], None]]:
    def single() -> None:
        loads.single.rounds.append(load.single(stand, name, plan.single, plan.window))

    def many() -> None:
        loads.many.rounds.append(load.many(stand, name, plan.many, plan.window))

    def full() -> None:
        loads.full.rounds.append(load.single(stand, name, plan.full, plan.window, decode=""))

    return [single, many, full] if plan.full else [single, many]


def _notes(stand: Stand) -> Iterator[str]:
    if stand.has_peers:
        yield f"ffmpeg's JPEG at -q:v {stand.q}, whose PSNR is nearest to our quality {QUALITY}"
    if stand.busy:
        yield f"in the fullest window {stand.busy:.0f} % of all cores were in use"
        yield (
            f"the publisher, which no figure counts, took up to {stand.publisher:.0f} % of a core "
            f"and was {stand.late_ms:.0f} ms late at worst"
        )


def _say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", flush=True)
