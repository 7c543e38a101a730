"""Figure 4: kill -9 of the supervisor (`manage.py run`): every child and grandchild is gone within 100 ms.

Half of the times all is up; the other half it is killed at a random moment of the start, while children are
just being made. Afterwards every process of the machine is asked whether it was started for this site.
"""

from __future__ import annotations

import os
import time

from bench.faults.context import Context
from bench.faults.supervised import Supervised, marked, milliseconds_until_gone
from bench.faults.verdict import Verdict
from bench.stats import percentile

KILLS = 20
GONE_MS = 100.0
WATCH_SECONDS = 5.0
START_SECONDS = (0.0, 1.5)  # after the first child is there
LOOK_AGAIN_SECONDS = 0.1  # for those that were being made at that moment, and that no handle was held of


def run(context: Context) -> Verdict:
    from snapplatform.ops.bootstrap import bootstrap

    bootstrap()
    platform = Supervised(context)
    times, left, children = [], 0, 0
    kills = context.count(KILLS, 2)
    for number in range(kills):
        platform.start()
        if number % 2:
            while not platform.family():
                time.sleep(0.01)
            time.sleep(context.random.uniform(*START_SECONDS))
        else:
            platform.wait_up()
        pids = [member.pid for member in platform.family()]
        times.append(milliseconds_until_gone(pids, platform.process.kill, WATCH_SECONDS))
        platform.process.wait()
        children += len(pids)
        time.sleep(LOOK_AGAIN_SECONDS)
        outlived = marked("SNAP_DATA_DIR", os.environ["SNAP_DATA_DIR"])
        left += len(outlived)
        for process in outlived:
            process.kill()
    context.say("all killed")
    details = {
        "children": children,
        "left_after": left,
        "p50_ms": round(percentile(times, 0.5), 1),
        "p99_ms": round(percentile(times, 0.99), 1),
    }
    problems = [f"{left} processes lived on"] if left else []
    return Verdict(sum(each <= GONE_MS * context.patience for each in times), kills, details, problems)
