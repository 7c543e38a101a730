"""Keeps child processes running: starts them again when they die, stops them when it is told to."""

import asyncio
import logging
import os
import signal
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from snapplatform import clock
from snapplatform.lifeline import Lifeline
from snapplatform.ops.stopping import SAME_SIGNAL_SECONDS

log = logging.getLogger("snapplatform.supervisor")

# A child that ends with this code has said why, and another try can't help: a taken port, a bad setting.
GIVE_UP = os.EX_CONFIG
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
# Under ten seconds in all, as service managers expect: this for the children, the rest for killing them.
GRACE_SECONDS = 8.0
_KILL_SECONDS = 1.0
_BACKOFF_FIRST = 0.5
_BACKOFF_MAX = 30.0
# A child that lived this long has recovered; its next death starts at the first delay again.
_HEALTHY_SECONDS = 60.0
# However healthy it looks in between, no child is started more often than this.
_STARTS = 20
_STARTS_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """One child process: a name for the log, its command, and files it inherits besides the standard ones."""

    name: str
    command: Sequence[str]
    pass_fds: tuple[int, ...] = ()


class Backoff:
    """How long to wait before the next start of one child."""

    def __init__(self) -> None:
        self._failures = 0
        self._starts: deque[float] = deque(maxlen=_STARTS)

    def started(self) -> None:
        self._starts.append(clock.monotonic())

    def delay(self) -> float:
        """Seconds from now, after the child that started last has died."""
        now = clock.monotonic()
        self._failures = 1 if now - self._starts[-1] >= _HEALTHY_SECONDS else self._failures + 1
        delay = min(_BACKOFF_FIRST * 2.0 ** min(self._failures - 1, 10), _BACKOFF_MAX)
        if len(self._starts) == _STARTS:
            delay = max(delay, self._starts[0] + _STARTS_SECONDS - now)
        return delay


class Supervisor:
    """Runs `specs` until a stop signal, or until one of them ends with GIVE_UP.

    Every child has a process group of its own, so that Ctrl-C reaches it once, through the supervisor.
    `forget` is called with the pid of each child that ended.
    """

    def __init__(
        self,
        specs: Sequence[ChildSpec],
        *,
        environment: Mapping[str, str],
        forget: Callable[[int], None] = lambda pid: None,
        grace: float = GRACE_SECONDS,
    ) -> None:
        self._specs = specs
        self._environment = environment
        self._forget = forget
        self._grace = grace
        self._processes: dict[str, asyncio.subprocess.Process] = {}
        self._stopping = asyncio.Event()
        self._killing = asyncio.Event()
        self._stopped_at = 0.0
        self._exit_code = 0

    async def run(self) -> int:
        """The exit code: 0 after a stop signal, GIVE_UP when a child gave up."""
        loop = asyncio.get_running_loop()
        for number in STOP_SIGNALS:
            loop.add_signal_handler(number, self.stop)
        lifeline = Lifeline()
        try:
            keepers = [asyncio.create_task(self._keep(spec, lifeline)) for spec in self._specs]
            everything = asyncio.gather(*keepers)
            await self._either(self._stopping, everything, None)
            await self._end(everything)
        finally:
            self._signal(signal.SIGKILL)
            lifeline.close()
            for number in STOP_SIGNALS:
                loop.remove_signal_handler(number)
        return self._exit_code

    def stop(self) -> None:
        """Ask the children to end; when called again later, kill them."""
        now = clock.monotonic()
        if not self._stopping.is_set():
            self._stopped_at = now
            self._stopping.set()
        elif now - self._stopped_at > SAME_SIGNAL_SECONDS:
            self._killing.set()

    async def _end(self, everything: asyncio.Future[list[None]]) -> None:
        log.info("stopping")
        self._signal(signal.SIGTERM)
        await self._either(self._killing, everything, self._grace)
        if self._processes:
            log.warning("killing what did not stop: %s", ", ".join(self._processes))
            self._signal(signal.SIGKILL)
        await asyncio.wait([everything], timeout=_KILL_SECONDS)
        log.info("stopped")

    @staticmethod
    async def _either(event: asyncio.Event, done: asyncio.Future[list[None]], seconds: float | None) -> None:
        waiter = asyncio.create_task(event.wait())
        either: list[asyncio.Future[Any]] = [waiter, done]
        await asyncio.wait(either, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        waiter.cancel()

    async def _keep(self, spec: ChildSpec, lifeline: Lifeline) -> None:
        backoff = Backoff()
        while not self._stopping.is_set():
            backoff.started()
            code = await self._run_once(spec, lifeline)
            if self._stopping.is_set():
                return
            if code == GIVE_UP:
                self._exit_code = GIVE_UP
                log.error("%s can't run here; its last line says why", spec.name)
                self._stopping.set()
                return
            delay = backoff.delay()
            log.warning("%s ended with code %s and starts again in %.1f s", spec.name, code, delay)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), delay)

    async def _run_once(self, spec: ChildSpec, lifeline: Lifeline) -> int:
        process = await asyncio.create_subprocess_exec(
            *spec.command,
            stdin=asyncio.subprocess.DEVNULL,
            env={**self._environment, **lifeline.environment()},
            pass_fds=(lifeline.read_end, *spec.pass_fds),
            process_group=0,
        )
        self._processes[spec.name] = process
        log.info("%s started as process %d", spec.name, process.pid)
        if self._stopping.is_set():  # the signal came between fork and here, and this child did not get it
            process.terminate()
        try:
            return await process.wait()
        finally:
            del self._processes[spec.name]
            self._forget(process.pid)

    def _signal(self, number: signal.Signals) -> None:
        for process in self._processes.values():
            with suppress(ProcessLookupError):
                process.send_signal(number)
