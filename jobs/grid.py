"""The schedule of a job: a grid of ticks on the monotonic clock. Pure arithmetic."""

import math
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Grid:
    """Ticks at `anchor + k * interval` (seconds on the monotonic clock), k = 0, 1, 2, ..."""

    anchor: float
    interval: float

    def index(self, now: float) -> int:
        """The number of the newest tick that is not later than `now`; negative before the first."""
        return math.floor((now - self.anchor) / self.interval + 1e-9)

    def tick(self, index: int) -> float:
        return self.anchor + index * self.interval


def spread(job_id: UUID, run: int, *, start: float, interval: float) -> Grid:
    """A grid whose first tick comes half to one and a half intervals after `start`, when the first picture is
    taken. The place in between comes of the job's id, so that jobs started together don't tick together."""
    part = ((job_id.int ^ run * 0x9E3779B97F4A7C15) * 0xD1B54A32D192ED03 >> 32 & 0xFFFFFFFF) / 2**32
    return Grid(start + interval * (0.5 + part), interval)


def aligned(*, start: float, wall: float, interval: float) -> Grid:
    """A grid at round times of the wall clock (multiples of the interval since 1970), as seen at `start`."""
    return Grid(start + interval - wall % interval, interval)
