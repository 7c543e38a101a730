"""All child processes of one client: which of them reads which stream, and when one is started or ended."""

import asyncio
import logging
import socket
from dataclasses import dataclass

from ..restarts import RestartPacer
from .limits import AvLimits
from .processes import Reader, ReaderDied
from .stats import AvStats

log = logging.getLogger("snapplatform.media")


@dataclass(frozen=True, slots=True)
class Seat:
    """A stream's place in a process."""

    reader: Reader
    number: int


class Fleet:
    """Use from one event loop. A stream whose process died under it is read alone for a while: if it was the
    reason, it takes no other along again."""

    def __init__(self, limits: AvLimits, stats: AvStats) -> None:
        self._limits = limits
        self._stats = stats
        self._readers: list[Reader] = []
        self._starting = asyncio.Lock()
        self._pacer = RestartPacer()
        self._failures = 0  # processes in a row that died
        self._numbers = 0
        self._suspects: dict[str, float] = {}  # until when
        self._kills: set[asyncio.Task[None]] = set()

    @property
    def pids(self) -> list[int]:
        """Of the running processes, for measuring."""
        return [reader.pid for reader in self._readers]

    async def seat(self, key: str, sock: socket.socket, *, alone: bool) -> Seat:
        """Hand over `sock`, the child's end of a stream's socket. `key` tells this stream from others.
        ReaderDied when there is no process to take it."""
        alone = alone or self._suspects.get(key, 0.0) > asyncio.get_running_loop().time()
        async with self._starting:
            reader = None if alone else self._free()
            if reader is None:
                reader = await self._start(alone)
            self._numbers += 1
            reader.open(self._numbers, sock)
            return Seat(reader, self._numbers)

    def leave(self, seat: Seat, key: str, *, died: bool, cut: bool) -> None:
        """The stream has ended, and its socket is closed. `died`: the process went first. `cut`: the node did
        not want it any more, and it may not have noticed."""
        reader, now = seat.reader, asyncio.get_running_loop().time()
        if died:
            self._suspect(key, now)
        others = reader.streams - {seat.number}
        if died or (cut and not others):
            self._kill(reader)
        else:
            reader.leave(seat.number, now)

    def tidy(self) -> None:
        """Called about each `tick_seconds`: end what is idle, too old or stuck."""
        now = asyncio.get_running_loop().time()
        for reader in list(self._readers):
            stuck = any(now - since > self._limits.linger_seconds for since in reader.leaving.values())
            if stuck or now - reader.started_at > self._limits.process_seconds:
                reader.retired = True
            idle = not reader.streams and (not reader.leaving or stuck)
            if idle and (reader.retired or now - reader.idle_since > self._limits.idle_seconds):
                self._kill(reader)
        self._suspects = {key: until for key, until in self._suspects.items() if until > now}

    async def close(self) -> None:
        """End all of them."""
        for reader in list(self._readers):
            self._kill(reader)
        await asyncio.gather(*self._kills, return_exceptions=True)

    @property
    def empty(self) -> bool:
        return not self._readers

    def _free(self) -> Reader | None:
        """The fullest that has room: the others may then become idle and end."""
        room = [
            reader
            for reader in self._readers
            if not reader.retired and len(reader.streams) + len(reader.leaving) < self._limits.per_process
        ]
        return max(room, key=lambda reader: len(reader.streams), default=None)

    async def _start(self, alone: bool) -> Reader:
        if len(self._readers) >= self._limits.processes:
            raise ReaderDied(f"{len(self._readers)} processes read streams already")
        await asyncio.sleep(self._pacer.delay(self._failures, asyncio.get_running_loop().time()))
        try:
            reader = await Reader.start(self._limits.start_seconds)
        except ReaderDied:
            self._failures += 1
            raise
        self._failures = 0
        reader.retired = alone
        reader.watch(lambda: self._changed(reader))
        self._readers.append(reader)
        self._count()
        self._stats.started += 1
        return reader

    def _changed(self, reader: Reader) -> None:
        if reader.retired and not reader.streams:
            self._kill(reader)

    def _kill(self, reader: Reader) -> None:
        if reader in self._readers:
            self._readers.remove(reader)
            self._count()
            task = asyncio.get_running_loop().create_task(reader.kill())
            self._kills.add(task)
            task.add_done_callback(self._kills.discard)

    def _suspect(self, key: str, now: float) -> None:
        self._stats.died += 1
        self._suspects[key] = now + self._limits.suspect_seconds

    def _count(self) -> None:
        self._stats.processes = len(self._readers)
