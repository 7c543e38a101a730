"""The figures: number (as in docs/reliability.md), module, limit, databases, what it shows."""

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
    own_server: bool = False  # the figure stops and starts PostgreSQL itself: context.server


FIGURES = {
    figure.name: figure
    for figure in (
        Figure(1, "kill9", 1200, BOTH, "50 kill -9 of capture processes: nothing lost, nothing doubled"),
        Figure(2, "freeze", 1200, BOTH, "20 SIGSTOPs past the lease, then CONT: no write of an old epoch"),
        Figure(2, "caught", 900, ("postgresql",), "6 x frozen within a transaction: others take over"),
        Figure(3, "takeover", 900, BOTH, "20 kill -9: how long until others take the pictures"),
        Figure(3, "pulled", 900, BOTH, "20 kill -9: the same for streams that are pulled"),
        Figure(4, "orphans", 900, BOTH, "20 kill -9 of the supervisor: all children are gone in 100 ms"),
        Figure(5, "sigterm", 900, BOTH, "10 SIGTERMs with 10 streams, 3 of them silent: ended in 10 s"),
        Figure(
            13, "postgres", 900, ("postgresql",), "5 x PostgreSQL stopped hard: nothing lost", own_server=True
        ),
        Figure(
            14, "sqlite", 120, ("sqlite",), "6 processes x 300 read-write transactions on one SQLite file"
        ),
        Figure(6, "damaged", 300, BOTH, "300 damaged media to the decoders, and published to a node"),
        Figure(7, "truncated", 300, BOTH, "13,000 places where units, messages or byte streams are cut off"),
        Figure(8, "slow", 240, BOTH, "slow and silent streams, published and pulled, are reported in time"),
        Figure(9, "cancel", 240, BOTH, "50 blocked streams let go of, 99 of 100 within 200 ms"),
        Figure(10, "bombs", 300, BOTH, "12 media that claim or cost too much, beside honest streams"),
        Figure(
            11, "diskfull", 300, BOTH, "full disks: no cut file, pictures again in 10 s, the gap recorded"
        ),
        Figure(21, "clock", 300, BOTH, "the clock jumps by an hour: no lease lost, no name used twice"),
        Figure(22, "soak", 8000, BOTH, "50 streams for an hour: memory and open files stay"),
        Figure(23, "nth", 600, BOTH, "the Nth call of store or database fails, N = 1 to 40"),
    )
}
