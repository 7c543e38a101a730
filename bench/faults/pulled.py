"""Figure 3, second part: how long after kill -9 others take pictures of the pulled streams that it held.

The sources are on an origin that lives on (bench/origin.py); nobody but the capture processes has to notice.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence

from bench import processes
from bench.faults.cameras import Cameras
from bench.faults.context import Context
from bench.faults.site import Plan, Site
from bench.faults.takeover import INTERVAL_MS, STREAMS, measure
from bench.faults.verdict import Verdict


def run(context: Context) -> Verdict:
    port = _start_origin(context)
    source = f"rtmp://127.0.0.1:{port}/live/{{name}}"
    site = Site(context, Plan(streams=STREAMS, intervals_ms=(INTERVAL_MS,), source=source))
    cameras = Cameras(context, port)
    cameras.start(site.names)
    cameras.wait_live(site.names)
    site.start_all()
    site.until(lambda: site.pictures() >= 2 * STREAMS, "pictures")

    def taken(streams: Sequence[str], since: float) -> list[float]:
        when: dict[str, float] = {}

        def all_held() -> bool:
            for name, pid in site.holders().items():
                if name in streams and pid in site.pids:
                    when.setdefault(name, time.time())
            return len(when) == len(streams)

        site.until(all_held, "others to hold the streams")
        return [when[name] for name in streams]

    return measure(context, site, taken)


def _start_origin(context: Context) -> int:
    """The port of a server that relays what the cameras publish."""
    process = context.children.start(
        processes.python("bench.origin"), log=context.log("origin"), stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    return int(process.stdout.readline())
