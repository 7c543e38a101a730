"""Which node should take how many of the streams that nobody holds. Pure arithmetic."""

import heapq
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Load:
    """Streams that a node holds, and how many it is meant to hold."""

    held: int
    capacity: int


def share(me: UUID, loads: Mapping[UUID, Load], waiting: int) -> int:
    """How many of `waiting` streams are `me`'s to take when each goes to the node that is least loaded for
    its capacity and has room. All nodes reckon alike, so that nobody has to tell them."""
    free = [
        (load.held / load.capacity, node, load.held)
        for node, load in loads.items()
        if load.held < load.capacity
    ]
    heapq.heapify(free)
    mine = 0
    for _ in range(waiting):
        if not free:
            break
        _, node, held = heapq.heappop(free)
        mine += node == me
        capacity = loads[node].capacity
        if held + 1 < capacity:
            heapq.heappush(free, ((held + 1) / capacity, node, held + 1))
    return mine
