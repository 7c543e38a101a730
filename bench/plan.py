"""How much is measured: the whole bench in a quarter of an hour, or a quick look in two minutes."""

from __future__ import annotations

from dataclasses import dataclass

NAMES = ("load", "together", "chunks", "first")
INTERVAL = 5.0


@dataclass(frozen=True, slots=True)
class Plan:
    """`window` is the length of one measurement in seconds: a multiple of the interval, for equal pictures.

    `ours`: numbers of streams measured in the first repetition, the last of them in each. `single` and `many`:
    the same for one ffmpeg process a stream, and for one process with many inputs; `full` for full decode.
    """

    repetitions: int
    contents: tuple[str, ...]
    window: float
    ours: tuple[int, ...]
    single: tuple[int, ...]
    many: tuple[int, ...]
    full: tuple[int, ...]
    together: int
    chunk_streams: int
    chunk_window: float
    firsts: int


FULL = Plan(
    repetitions=3,
    contents=("1080p30", "720p25"),
    window=10.0,
    ours=(10, 40, 100),
    single=(5, 20),
    many=(5, 20),
    full=(2, 6),
    together=100,
    chunk_streams=40,
    chunk_window=6.0,
    firsts=20,
)
QUICK = Plan(
    repetitions=1,
    contents=("1080p30",),
    window=5.0,
    ours=(10, 40),
    single=(10,),
    many=(10,),
    full=(3,),
    together=40,
    chunk_streams=20,
    chunk_window=3.0,
    firsts=3,
)
