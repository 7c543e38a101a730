"""Ctrl-C, SIGTERM and the time limit as exceptions, which never come while a child is being started."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

_held = 0
_waiting: Exception | KeyboardInterrupt | None = None


def install(limit_seconds: int) -> None:
    """KeyboardInterrupt for a signal, RuntimeError at the limit; only the first one counts, so that nothing
    interrupts the cleaning up. A shell's background job is started with SIGINT ignored: no more."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM):
        signal.signal(number, _on_signal)
    signal.alarm(limit_seconds)


@contextmanager
def held() -> Iterator[None]:
    """What comes within the block is raised at its end."""
    global _held, _waiting
    _held += 1
    try:
        yield
    finally:
        _held -= 1
    if not _held and _waiting is not None:
        error, _waiting = _waiting, None
        raise error


def _on_signal(number: int, frame: object) -> None:
    global _waiting
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM):
        signal.signal(each, signal.SIG_IGN)
    overrun = RuntimeError("the figure took longer than its limit, and was given up")
    _waiting = overrun if number == signal.SIGALRM else KeyboardInterrupt()
    if not _held:
        error, _waiting = _waiting, None
        raise error
