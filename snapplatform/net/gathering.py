"""Reads of media, gathered: encoders send sound and picture apart, in seventy small writes a second."""

import socket

# A publisher that sends faster than real time: more at once saves nothing.
MAX_BYTES = 192 * 1024


class Gathering:
    """Has the kernel wake us when as much waits as the peer sends in the time that the sink can spare.

    What arrives is read without delay when it is that much, and at the latest at the next adjust(), because
    the kernel looks again when the mark is set. The end of the connection is told at once in any case.
    """

    def __init__(self, now: float) -> None:
        self._since = now
        self._bytes_in = 0
        self._mark = 1

    def adjust(self, sock: socket.socket | None, now: float, bytes_in: int, *, patience: float) -> None:
        """Follow the peer's rate; to be called about once a second. `bytes_in` counts from the start,
        `patience` is in seconds (interface.Sink)."""
        took, self._since = now - self._since, now
        came, self._bytes_in = bytes_in - self._bytes_in, bytes_in
        mark = 1
        if took > 0:
            mark = min(max(1, int(came / took * patience)), MAX_BYTES)
        if sock is None or mark == self._mark or not hasattr(socket, "SO_RCVLOWAT"):
            return
        self._mark = mark
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, mark)
