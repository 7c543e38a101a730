"""The process's clock, in one place so that tests can hold it. Leases use the database's clock instead."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

_held: datetime | None = None


def now() -> datetime:
    """The wall clock: an aware UTC datetime."""
    return _held or datetime.now(UTC)


def now_ms() -> int:
    """The wall clock in whole milliseconds since 1970."""
    return int(now().timestamp() * 1000)


def monotonic() -> float:
    """Seconds on a clock that never jumps; for waits and schedules."""
    return time.monotonic()


@contextmanager
def hold(at: datetime) -> Iterator[None]:
    """Make now() answer `at` inside the block. Tests only."""
    global _held
    before, _held = _held, at
    try:
        yield
    finally:
        _held = before


def wall_time(moment: float) -> datetime:
    """The wall-clock time of a moment on the monotonic clock."""
    return now() - timedelta(seconds=monotonic() - moment)
