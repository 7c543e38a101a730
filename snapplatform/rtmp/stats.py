"""Counters of one server or client, for the node to export."""

from collections import Counter
from dataclasses import dataclass, field

from snapplatform.net.pulls import PullStats


@dataclass(slots=True)
class ServerStats:
    """`connections`, `publishers` and `players` are of now; the others only grow."""

    connections: int = 0
    publishers: int = 0
    players: int = 0
    accepted: int = 0
    refused: int = 0  # connections over a limit, and publish or play that the directory refused
    bytes_in: int = 0
    bytes_out: int = 0
    protocol_errors: Counter[str] = field(default_factory=Counter)  # by ProtocolError.kind


@dataclass(slots=True)
class ClientStats(PullStats):
    """Of the pulls of one client."""
