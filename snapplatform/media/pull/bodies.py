"""What PyAV reads from: objects with read(), and seek() where a server gives parts of files.

read(n) never gives more than n bytes: PyAV copies what it gets into a buffer of that size.
"""

import http.client
from collections.abc import Callable
from typing import Protocol

from snapplatform.net.ending import EndKind, PullEnd

from .failures import Failed

CHUNK = 64 * 1024  # PyAV's buffer


class Readable(Protocol):
    def read(self, size: int) -> bytes:
        """At most `size` bytes, b"" at the end."""
        ...

    def close(self) -> None: ...


class Body:
    """One HTTP answer, from `url`. `finished` is told once whether it was read to its end."""

    def __init__(
        self, url: str, response: http.client.HTTPResponse, finished: Callable[[bool], None], start: int
    ) -> None:
        self.url = url
        self.start = start
        # Of a whole file; None where it is endless, or compressed in a way that was not asked for.
        self.size: int | None = None if response.length is None else start + response.length
        ranges = response.getheader("Accept-Ranges", "").lower()
        self.ranges = response.status == 206 or ranges == "bytes"
        self._response = response
        self._finished: Callable[[bool], None] | None = finished

    def read(self, size: int) -> bytes:
        if self._finished is None:
            return b""
        try:
            data = self._response.read1(size)
        except TimeoutError:
            raise Failed(EndKind.SILENCE, "nothing comes any more") from None
        except (OSError, ValueError, http.client.HTTPException):
            raise Failed(EndKind.LOST, "the connection broke") from None
        if not data and size:
            self._at_end()
        return data

    def close(self) -> None:
        if self._finished is not None:
            finished, self._finished = self._finished, None
            response = self._response
            whole = (response.isclosed() or response.length == 0) and not response.will_close
            response.close()
            finished(whole)

    def _at_end(self) -> None:
        """With neither length nor chunks, a body ends with its connection: whether that was all, nobody
        knows."""
        missing = not self._response.chunked and self._response.length != 0
        self.close()
        if missing:
            raise Failed(EndKind.LOST, "closed by the server")


class Headed:
    """Another's bytes after some that were looked at already. Counts what passes."""

    def __init__(self, head: bytes, rest: Readable, count: Callable[[int], None]) -> None:
        self._head = head
        self._rest = rest
        self._count = count

    def read(self, size: int) -> bytes:
        if self._head:
            data, self._head = self._head[:size], self._head[size:]
            return data
        data = self._rest.read(size)
        self._count(len(data))
        return data

    def close(self) -> None:
        self._rest.close()


class Ending:
    """Where it fails, it ends: what came before is media all the same, and an exception that passes through
    the library may come out anywhere. `end` tells afterwards how it was."""

    def __init__(self, source: Readable) -> None:
        self.end: PullEnd | None = None
        self._source = source

    def read(self, size: int) -> bytes:
        if self.end is not None:
            return b""
        try:
            return self._more(size)
        except Failed as error:
            self.end = error.end
            return b""

    def close(self) -> None:
        self._source.close()

    def _more(self, size: int) -> bytes:
        return self._source.read(size)


class Seekable(Ending):
    """A file of known size on a server that gives parts of it: `part(start)` is what begins there."""

    def __init__(self, first: Body, part: Callable[[int], Body], count: Callable[[int], None]) -> None:
        assert first.size is not None
        super().__init__(first)
        self._part = part
        self._count = count
        self._size = first.size
        self._at = self._wanted = first.start  # where the next byte is, and should be

    def seek(self, offset: int, whence: int = 0) -> int:
        base = {0: 0, 1: self._wanted, 2: self._size}[whence]
        self._wanted = max(0, base + offset)
        return self._wanted

    def tell(self) -> int:
        return self._wanted

    def _more(self, size: int) -> bytes:
        if self._wanted >= self._size:
            return b""
        if self._wanted != self._at:
            self._source.close()
            self._source, self._at = self._part(self._wanted), self._wanted
        data = self._source.read(size)
        self._count(len(data))
        self._at += len(data)
        self._wanted = self._at
        return data


class Nothing:
    """A segment that is not there: it is passed over as an empty one."""

    def read(self, size: int) -> bytes:
        return b""

    def close(self) -> None:
        pass


def read_whole(source: Readable, most: int, what: str) -> bytes:
    """All of it; Failed if it is more than `most` bytes."""
    data = bytearray()
    while piece := source.read(CHUNK):
        data += piece
        if len(data) > most:
            raise Failed(EndKind.PROTOCOL, f"{what} of more than {most} bytes")
    return bytes(data)


def read_head(source: Readable, size: int) -> bytes:
    """The first bytes, fewer than `size` if there are no more."""
    data = b""
    while len(data) < size and (piece := source.read(size - len(data))):
        data += piece
    return data
