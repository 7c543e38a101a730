"""What a child does: takes streams over the socket on its standard input, and reads each in a thread.

It ends when the other side closes the socket.
"""

import math
import os
import resource
import select
import socket
import sys
import time

import av.logging

from .stream import Stream

_MEMORY_LIMIT = 1 << 30
_FILE_LIMIT = 256  # a few sockets for each stream, and the certificates that are loaded when they are needed
# A live picture must not wait behind this work where the machine is busy.
_NICENESS = 5
# Reading costs a few percent of a core; what loops for ever is killed by the kernel.
_CPU_SECONDS, _CPU_WINDOW = 8, 10.0
# The library lets go of the interpreter and wants it back for each packet: at Python's own 5 ms, one busy
# thread makes the others a thousand times slower.
_SWITCH_SECONDS = 0.0005
_TICK_MS = 1000
_SOON_MS = 50
_HUNG_UP = getattr(select, "POLLRDHUP", 0) | select.POLLHUP | select.POLLERR

READY, DONE = b"ready", b"done "


def serve() -> None:
    """Never returns."""
    av.logging.set_level(None)
    sys.setswitchinterval(_SWITCH_SECONDS)
    _limit()
    _Server(socket.socket(fileno=0)).run()


class _Server:
    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._streams: dict[int, Stream] = {}  # by the number of their file
        self._ending: list[Stream] = []  # the node has hung up
        self._poller = select.poll()
        self._poller.register(control, select.POLLIN | _HUNG_UP)
        self._window_ends = 0.0

    def run(self) -> None:
        self._allow_cpu()
        self._control.send(READY)
        while True:
            self._allow_cpu()
            for descriptor, _ in self._poller.poll(_SOON_MS if self._ending else _TICK_MS):
                if descriptor == self._control.fileno():
                    self._take()
                else:
                    self._hung_up(descriptor)
            self._collect()

    def _take(self) -> None:
        """A message is a stream's number, and comes with its socket."""
        number, descriptors, _, _ = socket.recv_fds(self._control, 64, 1)
        if not number:
            os._exit(0)
        sock = socket.socket(fileno=descriptors[0])
        stream = Stream(int(number), sock)
        self._streams[sock.fileno()] = stream
        self._poller.register(sock, _HUNG_UP)
        stream.start()

    def _hung_up(self, descriptor: int) -> None:
        self._poller.unregister(descriptor)
        stream = self._streams.pop(descriptor)
        stream.cut()
        self._ending.append(stream)

    def _collect(self) -> None:
        for stream in [one for one in self._ending if not one.running]:
            self._ending.remove(stream)
            stream.sock.close()
            self._control.send(DONE + str(stream.number).encode())

    def _allow_cpu(self) -> None:
        """In each window, so much CPU and no more: the limit counts from the start of the process."""
        now = time.monotonic()
        if now < self._window_ends:
            return
        self._window_ends = now + _CPU_WINDOW
        used = resource.getrusage(resource.RUSAGE_SELF)
        soft = math.ceil(used.ru_utime + used.ru_stime + _CPU_SECONDS)
        resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


def _limit() -> None:
    os.nice(_NICENESS)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        # Other kernels count mapped libraries and refuse, or ignore it.
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_LIMIT, _MEMORY_LIMIT))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_FILE_LIMIT, _FILE_LIMIT))
