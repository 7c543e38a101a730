"""A stream whose packets kill decoders is left alone for a while, longer each time, and tried again."""

# A decoder dies once in a while for other reasons; three times within a minute is the stream's doing.
STRIKES = 3
WITHIN_SECONDS = 60.0
FIRST_SECONDS = 60.0
LONGEST_SECONDS = 900.0


class Quarantine:
    """Counts what a stream costs. All times are seconds on the monotonic clock."""

    def __init__(self) -> None:
        self._strikes: list[float] = []
        self._until = float("-inf")
        self._seconds = FIRST_SECONDS

    def strike(self, now: float) -> bool:
        """A decoder died or hung on the stream's packets. True when this puts it into quarantine."""
        on_trial = self._seconds > FIRST_SECONDS
        self._strikes = [then for then in self._strikes if now - then < WITHIN_SECONDS] + [now]
        if len(self._strikes) < STRIKES and not on_trial:
            return False
        self._strikes.clear()
        self._until = now + self._seconds
        self._seconds = min(2 * self._seconds, LONGEST_SECONDS)
        return True

    def passed(self) -> None:
        """A picture came out well: whatever it was is over."""
        self._strikes.clear()
        self._seconds = FIRST_SECONDS

    def holds(self, now: float) -> bool:
        return now < self._until
