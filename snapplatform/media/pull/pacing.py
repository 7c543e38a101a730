"""Files and recordings come as fast as the network gives them; they are let through at their own speed."""

import time

from .cut import Cut

# Servers begin a live stream with what they kept of it, and catch up after a hiccup of the network.
LIVE_AHEAD_SECONDS = 30.0
FILE_AHEAD_SECONDS = 1.0


class Pace:
    """Media may run ahead of the clock by so many seconds."""

    def __init__(self, cut: Cut, ahead: float) -> None:
        self._cut = cut
        self._ahead = ahead
        self._started: float | None = None

    def keep(self, dts_ms: int) -> None:
        """Wait until a packet of this time may go on. Raises Cancelled."""
        now = time.monotonic()
        media = dts_ms / 1000
        if self._started is None or now - self._started > media:
            # A live stream is never late: what it waited for does not have to be made up.
            self._started = now - media
        early = self._started + media - self._ahead - now
        if early > 0:
            self._cut.sleep(early)
