"""The wish that the process ends, and that it does, whatever hangs."""

import asyncio
import logging
import os
import signal
import threading

from snapplatform import clock

log = logging.getLogger("snapplatform.node")

# Less than the supervisor's grace; `LAST_SECONDS` is for a node that runs alone.
STOP_SECONDS = 7.5
LAST_SECONDS = 9.0
# A terminal, make or timeout(1) may send one wish twice, to the process and to its group.
SAME_SIGNAL_SECONDS = 0.3


class Ending:
    """Make it on the loop. SIGTERM and SIGINT set `wanted`; a second wish ends the process at once.

    LAST_SECONDS after begin() it ends anyway: the interpreter waits for its threads, and one of them may sit
    in a write to a disk or a database that does not answer. The kernel takes the decoders along.
    """

    def __init__(self) -> None:
        self.wanted = asyncio.Event()
        self._since = 0.0
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._take, number)

    def begin(self) -> None:
        """The process is to end, for whatever reason. May be called again."""
        if self.wanted.is_set():
            return
        self._since = clock.monotonic()
        self.wanted.set()
        last = threading.Timer(LAST_SECONDS, _give_up)
        last.daemon = True
        last.start()

    def _take(self, number: int) -> None:
        if not self.wanted.is_set():
            self.begin()
        elif clock.monotonic() - self._since > SAME_SIGNAL_SECONDS:
            os._exit(128 + number)


def _give_up() -> None:
    log.error("something hangs: the process ends without it")
    os._exit(os.EX_SOFTWARE)
