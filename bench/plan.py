"""How much is measured: the whole bench in a quarter of an hour, or a quick look in two minutes."""

from __future__ import annotations

from dataclasses import dataclass

NAMES = ("load", "together", "chunks", "first")
INTERVAL = 5.0


@dataclass(frozen=True, slots=True)
class Plan:
    """`window` is the length of one measurement in seconds: a multiple of the interval and of the GOP, so
    that all ways take equally many pictures in it.

    `ours`, `single` (one ffmpeg a stream), `many` (one ffmpeg, many inputs) and `full` (full decode) are
    numbers of streams; none: left out. Memory is looked at with each of them, everything else with the last.
    """

    repetitions: dict[str, int]  # of each content
    window: float
    ours: tuple[int, ...]
    single: tuple[int, ...]
    many: tuple[int, ...]
    full: tuple[int, ...]
    chunk_sizes: tuple[int, ...]  # ffmpeg's first
    chunk_streams: int
    chunk_window: float
    chunk_repetitions: int
    firsts: int


FULL = Plan(
    repetitions={"1080p30": 3, "720p25": 2},
    window=10.0,
    ours=(10, 40, 100),
    single=(5, 20),
    many=(5, 20),
    full=(2, 6),
    chunk_sizes=(60000, 4096, 128),
    chunk_streams=40,
    chunk_window=6.0,
    chunk_repetitions=3,
    firsts=20,
)
QUICK = Plan(
    repetitions={"1080p30": 1},
    window=10.0,
    ours=(10, 40),
    single=(10,),
    many=(10,),
    full=(),
    chunk_sizes=(60000, 128),
    chunk_streams=20,
    chunk_window=2.0,
    chunk_repetitions=1,
    firsts=2,
)
