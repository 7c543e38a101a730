"""Figure 1: kill -9 of capture processes at random points: no picture lost, none doubled.

Four capture processes share a port; four cameras number their frames; eight jobs take two pictures a second
each. A killed process is started again at once, and the cameras connect again by themselves.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime

from bench.faults import checker
from bench.faults.cameras import Cameras
from bench.faults.context import Context
from bench.faults.site import Plan, Site
from bench.faults.verdict import Verdict
from bench.stats import percentile

KILLS = 50
PAUSE_SECONDS = (0.0, 1.0)
PICTURES_BETWEEN = 8


@dataclass(frozen=True, slots=True)
class Kill:
    """When (seconds since 1970), and the streams that the process held."""

    at: float
    streams: tuple[str, ...]


def run(context: Context) -> Verdict:
    site = Site(context, Plan())
    site.start_all()
    cameras = Cameras(context, site.port)
    cameras.start(site.names)
    cameras.wait_live(site.names)
    site.until(lambda: site.pictures() >= len(site.job_ids), "the first pictures")
    kills = [_kill(context, site, number) for number in range(context.count(KILLS))]
    _settle(context, site, cameras, kills)
    return _judge(site, kills)


def _kill(context: Context, site: Site, number: int) -> Kill:
    # Now and then one that holds nothing, and may be starting.
    anybody = context.random.random() < 0.2
    if not anybody:
        wanted = site.pictures() + context.random.randint(1, PICTURES_BETWEEN)
        site.until(lambda: site.pictures() >= wanted, "pictures between two kills")
    time.sleep(context.random.uniform(*PAUSE_SECONDS))
    slots = {process.pid: slot for slot, process in site.captures.items()}
    holders = site.holders()
    busy = sorted({slots[pid] for pid in holders.values() if pid in slots})
    slot = context.random.choice(sorted(site.captures) if anybody or not busy else busy)
    pid = site.captures[slot].pid
    site.kill(slot)
    at = time.time()
    site.start_capture(slot)
    if (number + 1) % 10 == 0:
        context.say(f"{number + 1} killed, {site.pictures()} pictures")
    return Kill(at, tuple(name for name, holder in holders.items() if holder == pid))


def _settle(context: Context, site: Site, cameras: Cameras, kills: list[Kill]) -> None:
    """Every stream is live again and pictured, then all ends in good order."""
    from jobs.models import Snapshot

    def pictured() -> bool:
        since = datetime.fromtimestamp(kills[-1].at, UTC)
        rows = Snapshot.objects.filter(is_overlay=False, frame_at__gt=since)
        return rows.values("job").distinct().count() == len(site.job_ids)

    site.until(pictured, "a picture of every job after the last kill")
    cameras.stop(site.names)
    site.wait_drained()
    site.stop_all()
    context.say("stopped; checking")


def _judge(site: Site, kills: list[Kill]) -> Verdict:
    found = checker.check(site.bucket_root)
    gaps = [gap for kill in kills for gap in _gaps(kill)]
    healed = sum(all(gap is not None for gap in _gaps(kill)) for kill in kills)
    waits = [gap for gap in gaps if gap is not None]
    problems = [*found.broken, *found.notes]
    details = {
        **found.details(),
        "skips": site.skips(),
        "gap_p50_s": round(percentile(waits, 0.5), 2),
        "gap_p99_s": round(percentile(waits, 0.99), 2),
        "killed_holding_streams": sum(bool(kill.streams) for kill in kills),
    }
    return Verdict(healed, len(kills), details, problems)


def _gaps(kill: Kill) -> list[float | None]:
    """Seconds until the next picture, of each stream that the killed process held; None: there was none."""
    from jobs.models import Snapshot

    found: list[float | None] = []
    for name in kill.streams:
        rows = Snapshot.objects.filter(
            stream__name=name, is_overlay=False, frame_at__gt=datetime.fromtimestamp(kill.at, UTC)
        )
        first = rows.order_by("stored_at").values_list("stored_at", flat=True).first()
        found.append(first.timestamp() - kill.at if first else None)
    return found
