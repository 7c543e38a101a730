"""Figure 5: SIGTERM to the platform with 10 live streams, 3 of them silent: it ends within 10 seconds.

Afterwards no process is left, every stream is offline in the database, and no node is taken to be running.
"""

from __future__ import annotations

import signal
import time

from bench.faults.cameras import Cameras
from bench.faults.context import Context
from bench.faults.site import Plan, Site
from bench.faults.supervised import Supervised, milliseconds_until_gone
from bench.faults.verdict import Verdict
from bench.stats import percentile

STOPS = 10
STREAMS = 10
SILENT = 3
LIMIT_SECONDS = 10.0
PATIENCE_SECONDS = 15.0


def run(context: Context) -> Verdict:
    site = Site(context, Plan(streams=STREAMS, intervals_ms=(1000,)))
    cameras = Cameras(context, site.port)
    platform = Supervised(context)
    times, kept = [], []
    stops = context.count(STOPS)
    for _ in range(stops):
        seconds, held = _stop_once(context, site, cameras, platform)
        times.append(seconds)
        kept += held
        context.say(f"stopped in {seconds:.2f} s")
    good = sum(each < LIMIT_SECONDS * context.patience for each in times)
    details = {
        "p50_s": round(percentile(times, 0.5), 2),
        "max_s": round(max(times), 2),
        "pictures": site.pictures(),
        "not_released": len(kept),
    }
    return Verdict(good, stops, details, [*dict.fromkeys(kept)][:10])


def _stop_once(
    context: Context, site: Site, cameras: Cameras, platform: Supervised
) -> tuple[float, list[str]]:
    """Seconds until the last process was gone, and what the database still says is held."""
    from snapplatform.cluster.models import Node
    from snapplatform.streams.models import Stream

    platform.start()
    platform.wait_up()
    since, before = time.time(), site.pictures()
    cameras.start(site.names)
    cameras.wait_live(site.names, since=since)
    site.until(lambda: site.pictures() >= before + STREAMS, "pictures")
    cameras.silence(context.random.sample(site.names, SILENT))
    time.sleep(context.random.uniform(0.0, 3.0))
    pids = [platform.process.pid, *(member.pid for member in platform.family())]
    ended = milliseconds_until_gone(
        pids, lambda: platform.process.send_signal(signal.SIGTERM), PATIENCE_SECONDS
    )
    cameras.stop(site.names)
    live = Stream.objects.exclude(state=Stream.State.OFFLINE).values_list("name", flat=True)
    nodes = Node.objects.filter(stopped_at=None).values_list("pid", flat=True)
    problems = [f"stream {name} is still {Stream.State.LIVE}" for name in live]
    if code := platform.process.wait(PATIENCE_SECONDS):
        problems.append(f"the exit code was {code}")
    return ended / 1000, problems + [f"node of process {pid} did not leave" for pid in nodes]
