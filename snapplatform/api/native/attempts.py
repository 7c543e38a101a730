"""A limit on password attempts, in the process's memory: a check costs 0.2 s, and guessing must be slow."""

import threading
from collections import OrderedDict

from rest_framework.exceptions import Throttled

from snapplatform import clock

MAX_KEYS = 10_000


class Bucket:
    """A token bucket for each key: `size` attempts at once, then one every `seconds`."""

    def __init__(self, *, size: int, seconds: float) -> None:
        self.size, self.seconds = size, seconds
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, key: str) -> float:
        """Take one attempt. Answers 0, or the seconds to wait when none is left."""
        now = clock.monotonic()
        with self._lock:
            level, at = self._levels.pop(key, (float(self.size), now))
            level = min(self.size, level + (now - at) / self.seconds)
            wait = 0.0 if level >= 1 else (1 - level) * self.seconds
            self._levels[key] = (level if wait else level - 1, now)
            if len(self._levels) > MAX_KEYS:  # the one that was quiet longest has the fullest bucket
                self._levels.popitem(last=False)
        return wait

    def give_back(self, key: str) -> None:
        with self._lock:
            if key in self._levels:
                level, at = self._levels[key]
                self._levels[key] = (level + 1, at)

    def clear(self) -> None:
        with self._lock:
            self._levels.clear()


by_address = Bucket(size=20, seconds=3)
by_login = Bucket(size=10, seconds=6)


def take(*, address: str, login: str) -> None:
    """Count one attempt against the address and the login. Raises Throttled with the seconds to wait."""
    if wait := by_address.take(address):
        raise Throttled(wait)
    if wait := by_login.take(login):
        raise Throttled(wait)


def succeeded(*, address: str, login: str) -> None:
    """A right password costs no attempt, so that a busy script with good credentials is never refused."""
    by_address.give_back(address)
    by_login.give_back(login)
