"""The pool's end of one decoder process: start it, exchange one message pair at a time, kill it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
from pathlib import Path

from . import protocol
from .types import DecodeFailed, PictureRequest, PictureResult

# Interpreter and libraries load in 0.3 s; a machine that needs more than this is in trouble.
START_SECONDS = 30.0
# Several 1080p pictures; the kernel cuts it to what it allows.
_SOCKET_BUFFER = 1 << 20
_ROOT = str(Path(__file__).resolve().parents[2])
# Explicit and small: no secret of the parent belongs in a process that reads strangers' bytes.
_ENVIRONMENT = {
    "PYTHONPATH": _ROOT,
    "PYTHONDONTWRITEBYTECODE": "1",
    "LANG": "C.UTF-8",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "1",
    # An interpreter that was built with shared libraries may not start without it.
    **{name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ},
}


class ChildDied(Exception):
    """The process ended, or answered something that is not an answer."""


class Child:
    """One decoder process. Exchanges must not overlap; after ChildDied or a cancelled exchange, kill it."""

    def __init__(self, process: asyncio.subprocess.Process, connection: socket.socket) -> None:
        self._process = process
        self._connection = connection
        # One wait for all: the loop never forgets a wait for a process that was cancelled, and a slot begins
        # several with each picture.
        self._exit = asyncio.ensure_future(process.wait())

    @classmethod
    async def start(cls) -> Child:
        """Spawn and wait until it is ready. ChildDied when it does not come up."""
        try:
            process, ours = await spawn("snapplatform.media.decoder")
        except OSError as error:
            raise ChildDied(f"the decoder cannot be started: {error}") from error
        child = cls(process, ours)
        try:
            async with asyncio.timeout(START_SECONDS):
                await child._receive()
        except BaseException as error:
            await child.kill()
            if isinstance(error, (TimeoutError, OSError, protocol.ProtocolError)):
                raise ChildDied(f"the decoder did not come up: {error}") from error
            raise
        return child

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    async def exited(self) -> None:
        await asyncio.wait({self._exit})

    async def take(self, request: PictureRequest, deadline: float) -> PictureResult:
        """One exchange. DecodeFailed as the decoder says, TimeoutError after `deadline` s, ChildDied."""
        message = protocol.request_message(request, cpu_seconds=deadline)
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(deadline):
                await loop.sock_sendall(self._connection, message)
                header, parts = await self._receive()
            return protocol.parse_result(header, parts, request.outputs)
        except DecodeFailed:
            raise
        except TimeoutError:
            raise
        except (OSError, protocol.ProtocolError) as error:
            raise ChildDied(str(error)) from error

    async def kill(self) -> None:
        """End the process now and collect it."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        self._connection.close()
        await self.exited()

    async def _receive(self) -> tuple[protocol.Header, list[memoryview]]:
        header_size, parts_size = protocol.unpack_prefix(await self._exactly(protocol.PREFIX.size))
        return protocol.unpack(await self._exactly(header_size + parts_size), header_size)

    async def _exactly(self, size: int) -> bytearray:
        loop = asyncio.get_running_loop()
        data = bytearray(size)
        view, filled = memoryview(data), 0
        while filled < size:
            count = await loop.sock_recv_into(self._connection, view[filled:])
            if not count:
                raise ConnectionResetError("the decoder closed its socket")
            filled += count
        return data


async def spawn(
    module: str, kind: socket.SocketKind = socket.SOCK_STREAM, **environment: str
) -> tuple[asyncio.subprocess.Process, socket.socket]:
    """A process that runs `module PARENT_PID`, and our end of the socket on its standard input. OSError when
    files, memory or processes have run out."""
    ours, theirs = socket.socketpair(type=kind)
    try:
        with theirs:
            ours.setblocking(False)
            for end in (ours, theirs):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SOCKET_BUFFER)
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-s", "-m", module, str(os.getpid())),
                stdin=theirs.fileno(),
                stdout=asyncio.subprocess.DEVNULL,
                env=_ENVIRONMENT | environment,
            )
    except BaseException:
        ours.close()
        raise
    return process, ours
