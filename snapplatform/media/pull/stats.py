"""Counters of a client, for the node to export."""

from dataclasses import dataclass

from snapplatform.net.pulls import PullStats


@dataclass(slots=True)
class AvStats(PullStats):
    """`processes` is of now; the others only grow."""

    processes: int = 0
    started: int = 0  # processes
    died: int = 0  # streams whose process died under them
    refused: int = 0  # addresses that streams led to, and that were not opened
