"""The load of many streams with a picture each five seconds: CPU, memory and lag, ours and the peers'."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench import meters
from bench.peers import NOKEY, Peers
from bench.plan import INTERVAL
from bench.stand import Stand

# A job's first tick comes up to one and a half intervals after its first picture: then the load is even.
EVEN_SECONDS = 1.5 * INTERVAL + 0.5
MEMORY_SECONDS = 4.0  # until each ring holds its two seconds
PEERS_SETTLE_SECONDS = 4.0
PEERS_START_SECONDS = 40.0


@dataclass(frozen=True, slots=True)
class Point:
    """One measurement under even load: `cpu` in percent of a core, the pictures that came in the window."""

    streams: int
    cpu: float
    pictures: int
    lags: list[int] = field(default_factory=list)
    ages: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Together:
    """After all jobs were started at once, in ms: lags of the first pictures and of those on the grid, and
    `waits`, from the start of the jobs to each first picture stored."""

    firsts: list[int] = field(default_factory=list)
    grid: list[int] = field(default_factory=list)
    waits: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Round:
    """One life of a way: PSS in MB by number of streams, and the load of the largest number."""

    memory: list[tuple[int, float]]
    point: Point
    base: float = 0.0  # PSS with no stream yet
    together: Together = field(default_factory=Together)
    counts: dict[str, int] = field(default_factory=dict)


def ours(stand: Stand, content: str, counts: Sequence[int], window: float, together: bool) -> Round:
    """Start the capture process, grow to each number of streams; with `together`, start all jobs anew."""
    site, memory, published = stand.site, [], 0
    before = site.counts()
    pids = site.start()
    time.sleep(1.0)
    base = meters.pss(pids)
    for count in counts:
        stand.fleet.publish(site.names[published:count], site.port, content)
        published = count
        time.sleep(EVEN_SECONDS if count == counts[-1] else MEMORY_SECONDS)
        memory.append((count, meters.pss(pids)))
    since, usage = time.time(), _measure(stand, pids, window)
    until = time.time()
    time.sleep(1.0)  # for rows that are on their way
    rows = site.snapshots(since, until)
    lags, ages = [row["lag_ms"] for row in rows], [row["age_ms"] for row in rows]
    done = Round(memory, Point(published, usage.cpu, len(rows), lags, ages), base)
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
        if row["job_id"] not in seen:
            result.waits.append(round((row["stored_at"].timestamp() - began) * 1000))
        seen.add(row["job_id"])
    return result


def single(stand: Stand, content: str, counts: Sequence[int], window: float, decode: str = NOKEY) -> Round:
    """One ffmpeg process a stream, growing to each number."""
    peers, memory, running = stand.peers(), [], 0
    names = stand.site.names[: counts[-1]]
    stand.fleet.publish(names, stand.origin, content)
    time.sleep(1.0)
    for count in counts:
        peers.start_each(names[running:count], decode)
        running = count
        memory.append(_memory(peers, count))
    return _ended(stand, peers, memory, window)


def many(stand: Stand, content: str, counts: Sequence[int], window: float) -> Round:
    """One ffmpeg process with many inputs, keyframes only."""
    memory = []
    stand.fleet.publish(stand.site.names[: counts[-1]], stand.origin, content)
    time.sleep(1.0)
    peers = stand.peers()
    for count in counts:
        peers.stop()
        peers = stand.peers()
        peers.start_one(stand.site.names[:count])
        memory.append(_memory(peers, count))
    return _ended(stand, peers, memory, window)


def _memory(peers: Peers, count: int) -> tuple[int, float]:
    peers.wait_for_pictures(count, PEERS_START_SECONDS)
    time.sleep(PEERS_SETTLE_SECONDS)
    return count, meters.pss(peers.pids)


def _ended(stand: Stand, peers: Peers, memory: list[tuple[int, float]], window: float) -> Round:
    since, usage = time.time(), _measure(stand, peers.pids, window)
    pictures = peers.count(since, time.time())
    peers.stop()
    stand.fleet.stop()
    return Round(memory, Point(memory[-1][0], usage.cpu, pictures))


def _measure(stand: Stand, pids: list[int], window: float) -> meters.Usage:
    stand.fleet.report()
    publisher = meters.cpu_seconds([stand.fleet.pid])
    usage = meters.measure(pids, window)
    stand.publisher = max(stand.publisher, (meters.cpu_seconds([stand.fleet.pid]) - publisher) / window * 100)
    stand.late_ms = max(stand.late_ms, stand.fleet.report()["late_ms"])
    stand.busy = max(stand.busy, usage.busy)
    return usage
