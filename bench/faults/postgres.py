"""Figure 13: PostgreSQL is stopped as by `pg_ctl stop -m immediate`, and started again, under running jobs.

Nothing is lost or doubled, no process of the platform ends, and the API answers 503 while the database is
away and 200 when it is back. Pictures taken meanwhile are registered afterwards.
"""

from __future__ import annotations

import base64
import os
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bench.faults import checker
from bench.faults.cameras import Cameras
from bench.faults.context import Context
from bench.faults.site import Plan, Site
from bench.faults.supervised import Supervised
from bench.faults.verdict import Verdict
from bench.stats import percentile

STOPS = 5
AWAY_SECONDS = (2.0, 8.0)
BACK_SECONDS = 180.0
REQUEST_SECONDS = 30.0
GOOD, AWAY = 200, 503


@dataclass(slots=True)
class Tally:
    """What the stops met; `windows`: from when until when the database was away."""

    windows: list[tuple[float, float]] = field(default_factory=list)
    api_back_s: list[float] = field(default_factory=list)
    pictures_back_s: list[float] = field(default_factory=list)
    refused_s: list[float] = field(default_factory=list)  # how long a request took that was answered 503
    answers: Counter[str] = field(default_factory=Counter)
    good: int = 0


def run(context: Context) -> Verdict:
    site = Site(context, Plan())
    ask = _asker(site)
    platform = Supervised(context, captures=2)
    platform.start()
    platform.wait_up()
    cameras = Cameras(context, site.port)
    cameras.start(site.names)
    cameras.wait_live(site.names)
    site.until(lambda: site.pictures() >= 2 * len(site.job_ids), "pictures")
    family = {member.pid for member in platform.family()}
    tally = Tally()
    stops = context.count(STOPS)
    for number in range(stops):
        _stop_and_start(context, site, ask, tally)
        same = {member.pid for member in platform.family()} == family
        tally.good += same and platform.process.poll() is None
        context.say(f"{number + 1} stopped, {site.pictures()} pictures")
    cameras.stop(site.names)
    drained = site.wait_drained()
    platform.process.terminate()
    platform.process.wait(15)
    return _judge(site, tally, stops, drained)


def _stop_and_start(context: Context, site: Site, ask: Callable[[], str], tally: Tally) -> None:
    from snapplatform.ops.reach import leave_database

    assert context.server is not None
    time.sleep(context.random.uniform(0.5, 2.0))
    leave_database()  # this process's own connections
    began = time.time()
    context.server.stop_immediately()
    away = context.random.uniform(*AWAY_SECONDS)
    while time.time() < began + away:
        asked = time.monotonic()
        answer = ask()
        tally.answers[f"away: {answer}"] += 1
        if answer == str(AWAY):
            tally.refused_s.append(time.monotonic() - asked)
        time.sleep(0.1)
    context.server.start()
    back = time.time()
    tally.windows.append((began, back))
    site.until(lambda: ask() == str(GOOD), "the API to answer 200", BACK_SECONDS)
    tally.api_back_s.append(time.time() - back)
    site.until(lambda: _pictured(site, back), "pictures of every job again", BACK_SECONDS)
    tally.pictures_back_s.append(time.time() - back)


def _asker(site: Site) -> Callable[[], str]:
    """A request to the API; its answer is a status, or what went wrong."""
    from snapplatform.access.models import User
    from snapplatform.access.services import create_access_key

    user = User.objects.get(is_superuser=True)
    key, secret = create_access_key(principal=site.principal, user=user)
    credentials = base64.b64encode(f"{key.pk}:{secret}".encode()).decode()
    url = f"http://127.0.0.1:{os.environ['SNAP_HTTP_PORT']}/api/v1/jobs"
    request = urllib.request.Request(url, headers={"Authorization": f"Basic {credentials}"})

    def ask() -> str:
        try:
            with urllib.request.urlopen(request, timeout=REQUEST_SECONDS) as answer:
                return str(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return str(error.code)
        except OSError as error:
            return type(error).__name__

    return ask


def _pictured(site: Site, since: float) -> bool:
    from jobs.models import Snapshot

    rows = Snapshot.objects.filter(is_overlay=False, frame_at__gt=datetime.fromtimestamp(since, UTC))
    return rows.values("job").distinct().count() == len(site.job_ids)


def _judge(site: Site, tally: Tally, stops: int, drained: float) -> Verdict:
    from jobs.models import Snapshot

    found = checker.check(site.bucket_root)
    meanwhile = sum(
        Snapshot.objects.filter(
            is_overlay=False,
            frame_at__gt=datetime.fromtimestamp(began, UTC),
            frame_at__lt=datetime.fromtimestamp(back, UTC),
        ).count()
        for began, back in tally.windows
    )
    problems = [*found.broken, *found.notes]
    problems += [
        f"the API answered {answer} x {count}"
        for answer, count in tally.answers.items()
        if answer != f"away: {AWAY}"
    ]
    if not meanwhile:
        problems.append("no picture of the time without a database was registered")
    details = {
        **found.details(),
        "taken_while_away": meanwhile,
        "away_s": round(sum(back - began for began, back in tally.windows), 1),
        "answers": dict(tally.answers),
        "answered_503_max_s": round(max(tally.refused_s, default=0.0), 1),
        "api_back_max_s": round(max(tally.api_back_s), 1),
        "pictures_back_p50_s": round(percentile(tally.pictures_back_s, 0.5), 1),
        "pictures_back_max_s": round(max(tally.pictures_back_s), 1),
        "spool_empty_s": round(drained, 1),  # after the last camera stopped
    }
    return Verdict(tally.good, stops, details, problems)
