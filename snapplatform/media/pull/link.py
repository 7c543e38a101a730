"""The child's end of a stream's socket. What the node does not take in time waits here, and is then dropped
by whole GOPs; nothing waits for ever."""

import socket
import time
from collections import deque

from snapplatform.net.ending import EndKind, PullEnd

from . import wire
from .failures import Cancelled, Failed
from .limits import MIB

# A keyframe larger than the socket's buffer goes out at once this way: the node's loop reads within
# milliseconds.
_FLUSH_SECONDS = 0.2
# For what has to arrive: a question, the end.
_PATIENT_SECONDS = 10.0
_MOST_WAITING = 8 * MIB
_COUNT_SECONDS = 0.5


class Link:
    """For one thread. Raises Cancelled when the node has hung up."""

    def __init__(self, sock: socket.socket) -> None:
        self.bytes_in = 0
        self.dropped = 0  # access units that found no room
        self._sock = sock
        self._splitter = wire.Splitter(0)
        self._waiting: deque[memoryview] = deque()
        self._waiting_bytes = 0
        self._behind = False  # the last flush did not get through
        self._skipping = False  # until a keyframe
        self._config = b""  # goes out with the next access unit
        self._counted_at = 0.0

    def order(self) -> wire.Order:
        return wire.Order(**wire.read_json(self._receive(wire.OPEN)))

    def ask(self, url: str) -> list[str]:
        """The addresses where this URL may be fetched. Failed with the node's reason if nowhere."""
        self._put(wire.pack(wire.ASK, url.encode()))
        self._flush(_PATIENT_SECONDS, patient=True)
        answer = wire.read_json(self._receive(wire.ANSWER))
        if "kind" in answer:
            raise Failed(EndKind(answer["kind"]), answer["detail"])
        return list(answer["addresses"])

    def opened(self, form: str) -> None:
        self._say_bytes()
        self._put(wire.pack(wire.OPENED, form.encode()))
        self._flush(_FLUSH_SECONDS)

    def config(self, codec: str, extradata: bytes) -> None:
        self._config = wire.pack(wire.CONFIG, bytes((wire.CODECS.index(codec),)) + extradata)

    def unit(self, pts: int, dts: int, keyframe: bool, data: bytes) -> bool:
        """Whether it was taken; if not, none is before the next keyframe."""
        if self._skipping and keyframe and self._waiting_bytes <= _MOST_WAITING // 2:
            self._skipping = False
        if self._skipping or self._waiting_bytes + len(data) > _MOST_WAITING:
            self._skipping = True
            self.dropped += 1
            self._flush(0)
            return False
        if self._config:
            self._put(self._config)
            self._config = b""
        self._put(wire.pack(wire.UNIT, wire.TIMES.pack(pts, dts, keyframe) + data))
        self._flush(_FLUSH_SECONDS)
        return True

    def count(self, size: int) -> None:
        """So many bytes have come."""
        self.bytes_in += size
        now = time.monotonic()
        if now - self._counted_at >= _COUNT_SECONDS:
            self._counted_at = now
            self._say_bytes()
            self._flush(_FLUSH_SECONDS)

    def end(self, end: PullEnd) -> None:
        self._say_bytes()
        self._put(wire.pack_end(end))
        self._flush(_PATIENT_SECONDS, patient=True)
        self._sock.shutdown(socket.SHUT_WR)

    def _say_bytes(self) -> None:
        self._put(wire.pack(wire.BYTES, wire.COUNT.pack(self.bytes_in)))

    def _put(self, message: bytes) -> None:
        self._waiting.append(memoryview(message))
        self._waiting_bytes += len(message)

    def _flush(self, seconds: float, *, patient: bool = False) -> None:
        """Send what waits, for so long at most; not again in vain while the node is behind."""
        until = time.monotonic() + seconds
        try:
            while self._waiting:
                left = until - time.monotonic()
                self._sock.settimeout(max(left, 0.001) if patient or not self._behind else 0)
                self._sent(self._sock.send(self._waiting[0]))
            self._behind = False
        except (TimeoutError, BlockingIOError):
            self._behind = True
            if patient:
                raise Failed(EndKind.INTERNAL, "the node does not read") from None
        except OSError:
            raise Cancelled from None

    def _sent(self, size: int) -> None:
        self._behind = False
        self._waiting_bytes -= size
        if size == len(self._waiting[0]):
            self._waiting.popleft()
        else:
            self._waiting[0] = self._waiting[0][size:]

    def _receive(self, wanted: int) -> bytes:
        self._sock.settimeout(_PATIENT_SECONDS)
        while True:
            try:
                data = self._sock.recv(64 * 1024)
            except TimeoutError:
                raise Failed(EndKind.INTERNAL, "the node does not answer") from None
            except OSError:
                raise Cancelled from None
            if not data:
                raise Cancelled
            for kind, payload in self._splitter.feed(data):
                if kind == wanted:
                    return payload
