"""The figures: number (as in docs/reliability.md), module of this package, limit, databases, what it shows."""

from __future__ import annotations

from dataclasses import dataclass

BOTH = ("sqlite", "postgresql")


@dataclass(frozen=True, slots=True)
class Figure:
    """`limit`: seconds after which a run at scale 1 is given up. The first of `databases` is the default."""

    number: int
    name: str
    limit: int
    databases: tuple[str, ...]
    title: str


FIGURES = {
    figure.name: figure
    for figure in (
        Figure(
            14, "sqlite", 120, ("sqlite",), "6 processes x 300 read-write transactions on one SQLite file"
        ),
    )
}
