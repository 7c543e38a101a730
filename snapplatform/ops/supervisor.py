"""Keeps child processes running: starts them again when they die, stops them when it is told to."""

import asyncio
import logging
import os
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from snapplatform import clock
from snapplatform.lifeline import Lifeline
from snapplatform.ops.backoff import Backoff
from snapplatform.ops.deaths import LOGGER, ended
from snapplatform.ops.stopping import SAME_SIGNAL_SECONDS

log = logging.getLogger(LOGGER)

# A child that ends with this code has said why, and another try can't help: a taken port, a bad setting.
GIVE_UP = os.EX_CONFIG
FAILED = 1
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
# Under ten seconds in all, as service managers expect: this for the children, the rest for killing them.
GRACE_SECONDS = 8.0
_KILL_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """One child process: a name for the log, its command, and files it inherits besides the standard ones.

    `beats` says that it is a node of the cluster, whose beat can be watched.
    """

    name: str
    command: Sequence[str]
    pass_fds: tuple[int, ...] = ()
    beats: bool = False


@dataclass(slots=True)
class Child:
    """A running child: since when (wall clock, in ms), and why we killed it, if we did."""

    spec: ChildSpec
    process: asyncio.subprocess.Process
    born_ms: int
    killed: str = ""


class Supervisor:
    """Runs `specs` until a stop signal, or until one of them ends with GIVE_UP.

    Every child has a process group of its own, so that Ctrl-C reaches it once, through the supervisor.
    `forget` is called with the pid of each child that ended. `beside` runs until the children are stopped.
    """

    def __init__(
        self,
        specs: Sequence[ChildSpec],
        *,
        environment: Mapping[str, str],
        forget: Callable[[int], None] = lambda pid: None,
        beside: "Callable[[Supervisor], Awaitable[None]] | None" = None,
        grace: float = GRACE_SECONDS,
    ) -> None:
        self._specs = specs
        self._environment = environment
        self._forget = forget
        self._beside = beside
        self._grace = grace
        self._children: dict[str, Child] = {}
        self._stopping = asyncio.Event()
        self._killing = asyncio.Event()
        self._stopped_at = 0.0
        self._exit_code = 0

    async def run(self) -> int:
        """The exit code: 0 after a stop signal, GIVE_UP when a child gave up, FAILED after our own fault."""
        loop = asyncio.get_running_loop()
        for number in STOP_SIGNALS:
            loop.add_signal_handler(number, self.stop)
        lifeline = Lifeline()
        helpers = [asyncio.create_task(self._guarded(self._beside(self)))] if self._beside else []
        try:
            keepers = [asyncio.create_task(self._guarded(self._keep(spec, lifeline))) for spec in self._specs]
            await self._stopping.wait()
            await self._end(asyncio.gather(*keepers))
        finally:
            for helper in helpers:
                helper.cancel()
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

    @property
    def beating(self) -> list[Child]:
        """The running children whose beats can be watched."""
        return [child for child in self._children.values() if child.spec.beats]

    def kill(self, child: Child, why: str) -> None:
        """End the child at once, to start it again; `why` follows its name in the log."""
        child.killed = why
        with suppress(ProcessLookupError):
            child.process.kill()

    async def _guarded(self, work: Awaitable[None]) -> None:
        """A fault of our own stops everything in good order: the service manager can start it again."""
        try:
            await work
        except Exception:
            log.exception("the supervisor failed")
            self._exit_code = FAILED
            self._stopping.set()

    async def _end(self, everything: "asyncio.Future[list[None]]") -> None:
        log.info("stopping")
        self._signal(signal.SIGTERM)
        killing = asyncio.create_task(self._killing.wait())
        either: list[asyncio.Future[Any]] = [killing, everything]
        await asyncio.wait(either, timeout=self._grace, return_when=asyncio.FIRST_COMPLETED)
        killing.cancel()
        if self._children:
            log.warning("killing what did not stop: %s", ", ".join(self._children))
            self._signal(signal.SIGKILL)
        await asyncio.wait([everything], timeout=_KILL_SECONDS)
        log.info("stopped")

    async def _keep(self, spec: ChildSpec, lifeline: Lifeline) -> None:
        backoff = Backoff()
        while not self._stopping.is_set():
            backoff.started()
            try:
                child = await self._start(spec, lifeline)
            except OSError as error:  # no process or file to be had, or its program is being replaced
                code, how = None, f"could not be started ({error})"
            else:
                code = await self._wait(child)
                how = child.killed or f"ended with code {code}"
            if self._stopping.is_set():
                return
            if code == GIVE_UP:
                self._exit_code = GIVE_UP
                log.error("%s can't run here; its last line says why", spec.name)
                self._stopping.set()
                return
            delay = backoff.delay(code)
            log.warning(ended(spec.name, how, delay))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), delay)

    async def _start(self, spec: ChildSpec, lifeline: Lifeline) -> Child:
        born_ms = clock.now_ms()
        process = await asyncio.create_subprocess_exec(
            *spec.command,
            stdin=asyncio.subprocess.DEVNULL,
            env={**self._environment, **lifeline.environment()},
            pass_fds=(lifeline.read_end, *spec.pass_fds),
            process_group=0,
        )
        child = self._children[spec.name] = Child(spec, process, born_ms)
        log.info("%s started as process %d", spec.name, process.pid)
        if self._stopping.is_set():  # the signal came between fork and here, and this child did not get it
            process.terminate()
        return child

    async def _wait(self, child: Child) -> int:
        try:
            return await child.process.wait()
        finally:
            del self._children[child.spec.name]
            with suppress(OSError):  # what is left of a dead process costs nobody else anything
                self._forget(child.process.pid)

    def _signal(self, number: signal.Signals) -> None:
        for child in self._children.values():
            with suppress(ProcessLookupError):
                child.process.send_signal(number)
