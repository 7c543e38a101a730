"""Whether a source is better visited for one keyframe at a time than kept open. Pure arithmetic."""

from dataclasses import dataclass

# Only where pictures are far apart: each visit makes the source's server set up a session.
LONG_SECONDS = 60.0
# Both handshakes, commands and answers, and what TCP and TLS add.
HANDSHAKE_BYTES = 8 * 1024


@dataclass(frozen=True, slots=True)
class Pace:
    """What a source was seen to send: bytes a second, and seconds from one keyframe to the next."""

    rate: float
    gop: float


def visiting_reads_less(pace: Pace | None, between: float | None) -> bool:
    """Whether fetching one keyframe for each picture reads less than staying connected.

    `between` are the seconds between two pictures of all jobs together; None without jobs. A visit reads one
    GOP at worst: from wherever the server begins up to the next keyframe, or from its last one on. Before
    the source's pace is known we stay.
    """
    if pace is None or between is None or between < LONG_SECONDS:
        return False
    return HANDSHAKE_BYTES + pace.rate * pace.gop < pace.rate * between
