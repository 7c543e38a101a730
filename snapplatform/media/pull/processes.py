"""The node's end of the child processes that read streams: started when needed, shared by a few streams."""

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import Callable

from ..child import spawn

log = logging.getLogger("snapplatform.media")

READY, DONE = b"ready", b"done "
# How Python's own connections find authorities; an administrator may have set them for the whole machine.
_CERTIFICATES = {name: os.environ[name] for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if name in os.environ}


class ReaderDied(Exception):
    """The process did not come up, or is gone."""


class Reader:
    """One child process. `streams` are the numbers of those that it reads, `leaving` of those that were cut
    and have not noticed yet."""

    def __init__(self, process: asyncio.subprocess.Process, control: socket.socket) -> None:
        self.started_at = asyncio.get_running_loop().time()
        self.idle_since = self.started_at
        self.streams: set[int] = set()
        self.leaving: dict[int, float] = {}
        self.taken = 0
        self.retired = False  # takes no more streams
        self._process = process
        self._control = control
        self._on_change: Callable[[], None] = lambda: None

    @classmethod
    async def start(cls, seconds: float) -> "Reader":
        """Spawn, and wait until it is ready; ReaderDied otherwise."""
        try:
            process, control = await spawn(
                "snapplatform.media.pull.child", socket.SOCK_SEQPACKET, **_CERTIFICATES
            )
        except OSError as error:
            raise ReaderDied(f"a process that reads streams cannot be started: {error}") from error
        reader = cls(process, control)
        try:
            async with asyncio.timeout(seconds):
                said = await asyncio.get_running_loop().sock_recv(control, 64)
        except BaseException as error:
            await reader.kill()
            if isinstance(error, (TimeoutError, OSError)):
                raise ReaderDied("a process that reads streams did not come up") from error
            raise
        if said != READY:
            await reader.kill()
            raise ReaderDied("a process that reads streams ended at once")
        return reader

    @property
    def pid(self) -> int:
        return self._process.pid

    def watch(self, on_change: Callable[[], None]) -> None:
        """`on_change` is called when a stream has left, and when the process is gone: it is retired then."""
        self._on_change = on_change
        asyncio.get_running_loop().add_reader(self._control, self._heard)

    def open(self, number: int, sock: socket.socket) -> None:
        """Give it a stream, by the other end of its socket. ReaderDied when it takes nothing."""
        try:
            socket.send_fds(self._control, [str(number).encode()], [sock.fileno()])
        except OSError as error:
            self.retired = True
            raise ReaderDied("a process that reads streams takes none") from error
        self.streams.add(number)
        self.taken += 1

    def leave(self, number: int, now: float) -> None:
        """The node has hung up; the thread is given some time to notice."""
        if number in self.streams:
            self.streams.discard(number)
            self.leaving[number] = now

    async def kill(self) -> None:
        """End it now, and collect it."""
        self.retired = True
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        if self._control.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._control)
            self._control.close()
        await self._process.wait()

    def _heard(self) -> None:
        try:
            said = self._control.recv(64)
        except BlockingIOError:
            return
        except OSError:
            said = b""
        if said.startswith(DONE) and said[len(DONE) :].isdigit():
            number = int(said[len(DONE) :])
            self.streams.discard(number)
            self.leaving.pop(number, None)
            self.idle_since = asyncio.get_running_loop().time()
        else:
            asyncio.get_running_loop().remove_reader(self._control)
            self.retired = True
            if said:
                log.error("the process %d that reads streams says what nobody understands", self.pid)
        self._on_change()
