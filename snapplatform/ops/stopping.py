"""SIGTERM and SIGINT as something that a loop can wait on."""

import os
import select
import signal
from types import FrameType, TracebackType
from typing import Any, Self

from snapplatform import clock

SIGNALS = (signal.SIGTERM, signal.SIGINT)
# A terminal, make or timeout(1) may send one wish twice, to the process and to its group.
SAME_SIGNAL_SECONDS = 0.3


class StopSignal:
    """Inside the block, a first signal is remembered and wakes `wait`; a second one ends the process.

    A pipe and not threading.Event: a handler that sets an Event can meet its lock, held by the wait below it.
    """

    def __init__(self) -> None:
        self.arrived = False
        self._since = 0.0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        self._read_end, self._write_end = os.pipe()
        self._before = {number: signal.signal(number, self._take) for number in SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        os.close(self._read_end)
        os.close(self._write_end)

    def wait(self, seconds: float) -> bool:
        """Wait until the signal or for so long; whether the signal arrived."""
        if not self.arrived:
            select.select([self._read_end], [], [], seconds)
        return self.arrived

    def _take(self, number: int, frame: FrameType | None) -> None:
        if not self.arrived:
            self.arrived, self._since = True, clock.monotonic()
            os.write(self._write_end, b".")
        elif clock.monotonic() - self._since > SAME_SIGNAL_SECONDS:
            os._exit(128 + number)
