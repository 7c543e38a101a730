"""What the chunk size that a publisher chooses costs: ingest alone, no job started."""

from __future__ import annotations

import time

from bench import meters
from bench.plan import Plan
from bench.stand import Stand

SETTLE_SECONDS = 2.5  # after the last connect: until each ring holds its two seconds


def run(stand: Stand, plan: Plan) -> dict[int, list[float]]:
    """Percent of a core per 1080p stream for each chunk size, in each repetition."""
    site = stand.site
    site.set_jobs(started=False)
    found: dict[int, list[float]] = {size: [] for size in plan.chunk_sizes}
    pids = site.start()
    try:
        for _ in range(plan.chunk_repetitions):
            for size in plan.chunk_sizes:
                stand.fleet.publish(site.names[: plan.chunk_streams], site.port, "1080p30", size)
                time.sleep(SETTLE_SECONDS)
                found[size].append(meters.measure(pids, plan.chunk_window).cpu / plan.chunk_streams)
                stand.fleet.stop()
                site.wait_for(lambda: not site.live(), "the streams to end")
    finally:
        site.stop()
        site.set_jobs(started=True)
    return found
