"""Figure 3: how long after kill -9 of a capture process others take pictures of its streams.

The killed process is not started again, so that the others have to find out. Published streams go on where
the encoder connects anew; it tries a few times a second.
"""

from __future__ import annotations

import time
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
# From the encoder's new connection to its first picture: the job starts with one at once.
PICTURE_SECONDS = 2.0
GIVE_UP_SECONDS = 3 * TTL_SECONDS


def run(context: Context) -> Verdict:
    site = Site(context, Plan(streams=6, intervals_ms=(1000,)))
    site.start_all()
    cameras = Cameras(context, site.port)
    cameras.start(site.names)
    cameras.wait_live(site.names)
    killed, good, taken, pictured = 0, 0, [], []
    kills = context.count(KILLS, AT_ONCE)
    while killed < kills:
        number, accepted, seen = _round(context, site, cameras, min(AT_ONCE, kills - killed))
        killed += number
        good += number if max(seen) <= P99_SECONDS else 0
        taken += seen
        pictured += [after - before for after, before in zip(seen, accepted, strict=True)]
        context.say(f"{killed} killed")
    return _judge(good, killed, taken, pictured)


def _round(
    context: Context, site: Site, cameras: Cameras, at_once: int
) -> tuple[int, list[float], list[float]]:
    """How many were killed; of each of their streams, the seconds until the encoder was accepted elsewhere,
    and until the first picture was stored there."""
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
    live = cameras.wait_live(streams, since=at)
    seen = [site.until(lambda name=name: _first_picture(name, at), f"pictures of {name}") for name in streams]  # type: ignore[misc]
    for slot in chosen:
        site.start_capture(slot)
    site.wait_complete()
    return len(chosen), [live[name].at - at for name in streams], [one - at for one in seen]


def _first_picture(stream: str, since: float) -> float:
    """When the first picture of a frame received since then was stored; 0.0 so far."""
    from jobs.models import Snapshot

    rows = Snapshot.objects.filter(
        stream__name=stream, is_overlay=False, frame_at__gt=datetime.fromtimestamp(since, UTC)
    )
    first = rows.order_by("stored_at").values_list("stored_at", flat=True).first()
    return first.timestamp() if first else 0.0


def _judge(good: int, killed: int, taken: list[float], pictured: list[float]) -> Verdict:
    details = {
        "streams": len(taken),
        "lease_s": TTL_SECONDS,
        "from_kill_p50_s": round(percentile(taken, 0.5), 2),
        "from_kill_p99_s": round(percentile(taken, 0.99), 2),
        "from_reconnect_p50_s": round(percentile(pictured, 0.5), 2),
        "from_reconnect_p99_s": round(percentile(pictured, 0.99), 2),
    }
    problems = []
    if percentile(taken, 0.5) > MEDIAN_SECONDS:
        problems.append(f"the median is over {MEDIAN_SECONDS:.0f} s")
    if percentile(taken, 0.99) > P99_SECONDS:
        problems.append(f"p99 is over {P99_SECONDS:.0f} s")
    if percentile(pictured, 0.99) > PICTURE_SECONDS:
        problems.append(f"p99 from the encoder's reconnect is over {PICTURE_SECONDS:.0f} s")
    return Verdict(good, killed, details, problems)
