"""Figure 3: how long after kill -9 of a capture process others take pictures of its streams.

The killed process is not started again, so that the others have to find out. Published streams go on where
the encoder connects anew; it tries a few times a second.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from bench.faults.cameras import Cameras
from bench.faults.context import Context
from bench.faults.site import Plan, Site
from bench.faults.verdict import Verdict
from bench.stats import percentile
from snapplatform.cluster.nodes import TTL_SECONDS

KILLS = 20
AT_ONCE = 2  # of four processes
MEDIAN_SECONDS = TTL_SECONDS + 2.0
P99_SECONDS = TTL_SECONDS + 5.0
STREAMS = 6
INTERVAL_MS = 1000
# When the streams, by name, were taken by others, since they were left (seconds since 1970).
Taken = Callable[[Sequence[str], float], Sequence[float]]


def run(context: Context) -> Verdict:
    site = Site(context, Plan(streams=STREAMS, intervals_ms=(INTERVAL_MS,)))
    site.start_all()
    cameras = Cameras(context, site.port)
    cameras.start(site.names)
    cameras.wait_live(site.names)

    def taken(streams: Sequence[str], since: float) -> list[float]:
        live = cameras.wait_live(streams, since=since)
        return [live[name].at for name in streams]

    return measure(context, site, taken)


def measure(context: Context, site: Site, taken: Taken) -> Verdict:
    """Kill holders of streams, two at a time."""
    killed, good, held, pictured = 0, 0, [], []
    kills = context.count(KILLS, AT_ONCE)
    while killed < kills:
        number, since, after = _round(context, site, taken, min(AT_ONCE, kills - killed))
        killed += number
        good += number if max(after) <= P99_SECONDS * context.patience else 0
        held += since
        pictured += after
        context.say(f"{killed} killed")
    return _judge(good, killed, held, pictured)


def _round(context: Context, site: Site, taken: Taken, at_once: int) -> tuple[int, list[float], list[float]]:
    """How many were killed; of each of their streams, the seconds until others had it, and until the first
    picture was stored there."""
    site.until(lambda: len(site.holders()) == len(site.names), "all streams to be live")
    time.sleep(context.random.uniform(0.0, 3.0))
    slots = {process.pid: slot for slot, process in site.captures.items()}
    holders = site.holders()
    busy = sorted({slots[pid] for pid in holders.values()})
    chosen = context.random.sample(busy, min(at_once, len(busy)))
    pids = {site.captures[slot].pid for slot in chosen}
    streams = [name for name, pid in holders.items() if pid in pids]
    for slot in chosen:
        site.kill(slot)
    at = time.time()
    held = [one - at for one in taken(streams, at)]
    pictured = [_wait_pictured(site, name, at) - at for name in streams]
    for slot in chosen:
        site.start_capture(slot)
    site.wait_complete()
    return len(chosen), held, pictured


def _wait_pictured(site: Site, name: str, since: float) -> float:
    return site.until(lambda: _first_picture(name, since), f"pictures of {name}")


def _first_picture(stream: str, since: float) -> float:
    """When the first picture of a frame received since then was stored; 0.0 so far."""
    from jobs.models import Snapshot

    rows = Snapshot.objects.filter(
        stream__name=stream, is_overlay=False, frame_at__gt=datetime.fromtimestamp(since, UTC)
    )
    first = rows.order_by("stored_at").values_list("stored_at", flat=True).first()
    return first.timestamp() if first else 0.0


def _judge(good: int, killed: int, held: list[float], pictured: list[float]) -> Verdict:
    waits = [after - before for before, after in zip(held, pictured, strict=True)]
    details = {
        "streams": len(held),
        "lease_s": TTL_SECONDS,
        "held_p50_s": round(percentile(held, 0.5), 2),
        "held_max_s": round(max(held), 2),
        "pictured_p50_s": round(percentile(pictured, 0.5), 2),
        "pictured_p99_s": round(percentile(pictured, 0.99), 2),
        "from_held_to_pictured_p99_s": round(percentile(waits, 0.99), 2),
    }
    problems = []
    if percentile(pictured, 0.5) > MEDIAN_SECONDS:
        problems.append(f"the median is over {MEDIAN_SECONDS:.0f} s")
    if percentile(pictured, 0.99) > P99_SECONDS:
        problems.append(f"p99 is over {P99_SECONDS:.0f} s")
    return Verdict(good, killed, details, problems)
