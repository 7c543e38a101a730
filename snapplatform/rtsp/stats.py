"""Counters of a client, for the node to export."""

from dataclasses import dataclass

from snapplatform.net.pulls import PullStats


@dataclass(slots=True)
class ClientStats(PullStats):
    """Of all its pulls; they only grow."""

    lost_packets: int = 0  # gaps in sequence numbers: the server or someone before it left them out
    ignored_packets: int = 0  # too short, of another version or payload type, or come again
    damaged_units: int = 0  # dropped because something of them is missing
    skipped_units: int = 0  # dropped while a keyframe was waited for
