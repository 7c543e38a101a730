"""Ends what a thread waits for, from another thread: the library can't be interrupted, but its bytes can."""

import socket
import threading

from .failures import Cancelled


class Cut:
    """The sockets that a stream reads. Closing a container across threads crashes; shutting a socket down
    wakes whoever waits on it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sockets: set[socket.socket] = set()
        self._happened = threading.Event()

    def add(self, sock: socket.socket) -> None:
        """Raises Cancelled if it is too late."""
        with self._lock:
            self._sockets.add(sock)
        self.check()

    def drop(self, sock: socket.socket) -> None:
        with self._lock:
            self._sockets.discard(sock)

    def now(self) -> None:
        """From any thread."""
        self._happened.set()
        with self._lock:
            sockets = list(self._sockets)
        for sock in sockets:
            try:
                # Not SSLSocket's own, which takes away what a reading thread has in hand.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
            except OSError:
                pass  # it was not connected, or is closed

    def check(self) -> None:
        if self._happened.is_set():
            raise Cancelled

    def sleep(self, seconds: float) -> None:
        """Raises Cancelled as soon as it happens."""
        self._happened.wait(seconds)
        self.check()
