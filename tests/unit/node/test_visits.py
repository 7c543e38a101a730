"""Whether a source is kept open or visited."""

import pytest

from snapplatform.node.visits import HANDSHAKE_BYTES, Pace, visiting_reads_less

CAMERA = Pace(rate=500_000.0, gop=2.0)  # 4 Mb/s, a keyframe every 2 s


@pytest.mark.parametrize(
    ("pace", "between", "visits"),
    [
        (CAMERA, 60.0, True),
        (CAMERA, 3600.0, True),
        (CAMERA, 59.0, False),  # each visit makes the server set up a session
        (CAMERA, None, False),  # only players want it
        (None, 3600.0, False),  # nothing is known of it yet
        (Pace(500_000.0, 60.0), 60.0, False),  # a visit waits for a whole GOP
        (Pace(500_000.0, 55.0), 60.0, True),
        (Pace(HANDSHAKE_BYTES / 100, 2.0), 101.0, False),  # slower than the handshake is large
        (Pace(HANDSHAKE_BYTES / 100, 2.0), 103.0, True),
        (Pace(0.0, 0.0), 3600.0, False),
    ],
)
def test_what_reads_less_is_done(pace: Pace | None, between: float | None, visits: bool):
    assert visiting_reads_less(pace, between) is visits
