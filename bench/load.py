"""The load of many streams with a picture each five seconds: CPU, memory and lag, ours and the peers'."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench import meters
from bench.peers import NOKEY
from bench.plan import INTERVAL
from bench.stand import Stand

# A job's first tick comes up to one and a half intervals after its first picture: from then on the load is even.
EVEN_SECONDS = 1.5 * INTERVAL + 0.5
PEERS_SETTLE_SECONDS = 4.0
PEERS_START_SECONDS = 40.0


@dataclass(frozen=True, slots=True)
class Point:
    """One measurement: `cpu` in percent of a core, `pss` in MB, and the pictures that came in the window."""

    streams: int
    cpu: float
    pss: float
    pictures: int
    lags: list[int] = field(default_factory=list)
    ages: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Together:
    """Lags in ms after all jobs were started at once: of the first pictures, and of those on the grid."""

    firsts: list[int] = field(default_factory=list)
    grid: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Round:
    """One life of the capture process."""

    base: float = 0.0
    points: list[Point] = field(default_factory=list)
    together: Together = field(default_factory=Together)
    counts: dict[str, int] = field(default_factory=dict)


def ours(stand: Stand, content: str, counts: Sequence[int], window: float, together: bool) -> Round:
    """Start the capture process and grow to each number of streams; with `together`, start all jobs anew then."""
    site, done = stand.site, Round()
    before = site.counts()
    pids = site.start()
    time.sleep(1.0)
    done.base = meters.pss(pids)
    published = 0
    for count in counts:
        stand.fleet.publish(site.names[published:count], site.port, content)
        published = count
        time.sleep(EVEN_SECONDS)
        since, usage = time.time(), _measure(stand, pids, window)
        until = time.time()
        time.sleep(1.0)  # for rows that are on their way
        rows = site.snapshots(since, until)
        lags, ages = [row["lag_ms"] for row in rows], [row["age_ms"] for row in rows]
        done.points.append(Point(count, usage.cpu, usage.pss, len(rows), lags, ages))
    if together:
        done.together = _together(stand)
    stand.fleet.stop()
    site.stop()
    done.counts = {name: value - before[name] for name, value in site.counts().items()}
    return done


def _together(stand: Stand) -> Together:
    """Two grid pictures a job and its first one."""
    began = stand.site.restart_jobs()
    time.sleep(2.5 * INTERVAL + 1.0)
    result, seen = Together(), set()
    for row in stand.site.snapshots(began):
        (result.grid if row["job_id"] in seen else result.firsts).append(row["lag_ms"])
        seen.add(row["job_id"])
    return result


def single(stand: Stand, content: str, counts: Sequence[int], window: float, decode: str = NOKEY) -> list[Point]:
    """One ffmpeg process a stream, growing to each number."""
    peers, points, running = stand.peers(), [], 0
    names = stand.site.names[: max(counts)]
    stand.fleet.publish(names, stand.origin, content)
    time.sleep(1.0)
    for count in counts:
        peers.start_each(names[running:count], decode)
        running = count
        points.append(_point(stand, peers, count, window))
    peers.stop()
    stand.fleet.stop()
    return points


def many(stand: Stand, content: str, counts: Sequence[int], window: float) -> list[Point]:
    """One ffmpeg process with many inputs, keyframes only."""
    points = []
    stand.fleet.publish(stand.site.names[: max(counts)], stand.origin, content)
    time.sleep(1.0)
    for count in counts:
        peers = stand.peers()
        peers.start_one(stand.site.names[:count])
        points.append(_point(stand, peers, count, window))
        peers.stop()
    stand.fleet.stop()
    return points


def _point(stand: Stand, peers, count: int, window: float) -> Point:
    peers.wait_for_pictures(count, PEERS_START_SECONDS)
    time.sleep(PEERS_SETTLE_SECONDS)
    since, usage = time.time(), _measure(stand, peers.pids, window)
    return Point(count, usage.cpu, usage.pss, peers.count(since, time.time()))


def _measure(stand: Stand, pids: list[int], window: float) -> meters.Usage:
    stand.fleet.report()
    publisher = meters.cpu_seconds([stand.fleet.pid])
    usage = meters.measure(pids, window)
    stand.publisher = max(stand.publisher, (meters.cpu_seconds([stand.fleet.pid]) - publisher) / window * 100)
    stand.late_ms = max(stand.late_ms, stand.fleet.report()["late_ms"])
    stand.busy = max(stand.busy, usage.busy)
    return usage
