"""What the bench found, before it becomes a page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from bench.first import Firsts
from bench.likeness import Likeness
from bench.load import Point, Round, Together
from bench.stats import line


@dataclass(slots=True)
class Series:
    """One way of taking pictures, over all repetitions."""

    rounds: list[Round] = field(default_factory=list)

    @property
    def streams(self) -> int:
        return self.rounds[0].point.streams

    @property
    def points(self) -> list[Point]:
        return [one.point for one in self.rounds]

    def cpu(self) -> list[float]:
        """Percent of a core per stream, one a repetition."""
        return [point.cpu / point.streams for point in self.points]

    def memory(self) -> list[tuple[float, float]]:
        """(base, MB per stream), one a repetition."""
        return [line(one.memory) for one in self.rounds]


@dataclass(slots=True)
class Loads:
    """Ours and the peers' under one kind of stream; `counts` are of our jobs' ticks."""

    ours: Series = field(default_factory=Series)
    single: Series = field(default_factory=Series)
    many: Series = field(default_factory=Series)
    full: Series = field(default_factory=Series)
    counts: dict[str, int] = field(default_factory=dict)

    def ways(self) -> Iterator[tuple[str, Series]]:
        named = (
            ("Snapplatform", self.ours),
            ("ffmpeg per stream, keyframes only", self.single),
            ("one ffmpeg for all, keyframes only", self.many),
            ("ffmpeg per stream, full decode", self.full),
        )
        return ((way, series) for way, series in named if series.rounds)


@dataclass(slots=True)
class Results:
    """Filled as the bench goes on; parts that were not asked for stay empty."""

    date: str
    command: str
    window: float
    machine: list[str]
    minutes: float = 0.0
    notes: list[str] = field(default_factory=list)
    likeness: dict[str, Likeness] = field(default_factory=dict)
    loads: dict[str, Loads] = field(default_factory=dict)
    together: Together | None = None
    together_streams: int = 0
    chunks: dict[int, list[float]] = field(default_factory=dict)
    firsts: Firsts | None = None
