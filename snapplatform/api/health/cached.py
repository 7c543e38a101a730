"""A value that costs something, kept for a while by each process."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from snapplatform import clock

Value = TypeVar("Value")


class Cached(Generic[Value]):
    """`read()` at most every `seconds`, and so seldom that it costs a hundredth of the time at most."""

    SHARE = 100

    def __init__(self, read: Callable[[], Value], seconds: float) -> None:
        self._read, self._seconds = read, seconds
        self._lock = threading.Lock()
        self._kept: Value | None = None
        self._until = 0.0

    def get(self) -> Value:
        with self._lock:
            started = clock.monotonic()
            if self._kept is None or started >= self._until:
                self._kept = self._read()
                ended = clock.monotonic()
                self._until = ended + max(self._seconds, self.SHARE * (ended - started))
            return self._kept

    def forget(self) -> None:
        with self._lock:
            self._kept = None
