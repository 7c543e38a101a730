"""Times of one source: 32 bits of some clock to milliseconds that go on, and decode times, which RTP lacks.

Decode times are estimated. Packets come in decode order, so it is known how deep pictures are reordered: the
depth is the largest number of pictures that were sent before another one and are shown after it (as
max_num_reorder_frames counts them). With depth n, a picture's decode time is the (n + 1)th largest
presentation time so far: the n largest belong to pictures that wait to be shown. Without B-frames that is the
presentation time. The depth is learned from the pictures themselves; while it grows, in the first GOP with
B-frames, decode times stand still instead of going back, and may lie after presentation times.
"""

from collections import deque

_DEEPEST = 16  # pictures that H.264 and HEVC can hold back
_FIRST_STEP_MS = 40  # between two sources, when nothing better is known
_BACKWARDS_SECONDS = 10  # no reordering goes so far back: the source's clock was set


class Timeline:
    """Presentation times. The first one is 0; the newest is the nearest to the last (RFC 3550, 5.1)."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._last: int | None = None  # raw
        self._ticks = 0  # of the last one, since the origin
        self._origin_ms = 0
        self._newest_ms = 0
        self._step_ms = _FIRST_STEP_MS

    def milliseconds(self, raw: int) -> int:
        if self._last is None:
            self._last = raw
            return self._origin_ms
        step = (raw - self._last) & 0xFFFFFFFF
        if step >= 0x80000000:
            step -= 0x100000000
            if -step > _BACKWARDS_SECONDS * self._rate:
                self.restart()
                return self.milliseconds(raw)
        self._last = raw
        self._ticks += step
        time_ms = self._origin_ms + (self._ticks * 2000 + self._rate) // (2 * self._rate)
        if time_ms > self._newest_ms:
            self._step_ms = min(time_ms - self._newest_ms, 1000)
            self._newest_ms = time_ms
        return time_ms

    def restart(self) -> None:
        """The source is another one: its times follow those that were."""
        if self._last is not None:
            self._last = None
            self._ticks = 0
            self._origin_ms = self._newest_ms = self._newest_ms + self._step_ms


class DecodeTimes:
    """See above. next() takes presentation times in decode order."""

    def __init__(self) -> None:
        self.depth = 0
        self._recent: deque[int] = deque(maxlen=_DEEPEST + 1)
        self._newest = self._last = -(1 << 62)

    def next(self, pts: int) -> int:
        recent = self._recent
        if pts >= self._newest:
            self._newest = pts
        else:
            later = sum(1 for one in recent if one > pts)
            self.depth = min(max(self.depth, later), _DEEPEST)
        recent.append(pts)
        dts = pts
        if self.depth:
            ordered = sorted(recent)
            dts = ordered[max(0, len(ordered) - 1 - self.depth)]
        self._last = max(dts, self._last)
        return self._last
