"""A part of a file as the body of an answer: a small one whole, a big one in pieces read off the loop."""

import asyncio
import os
from typing import BinaryIO

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse

WHOLE = 1024 * 1024  # nearly every picture: one read and one send are cheaper than pieces
PIECE = 256 * 1024


def respond(file: BinaryIO, start: int, stop: int, status: int) -> HttpResponseBase:
    """An answer with the bytes [start, stop) of `file`, which is closed when they are sent or given up."""
    if stop - start > WHOLE:
        response: HttpResponseBase = StreamingHttpResponse(Pieces(file, start, stop), status=status)
    else:
        with file:
            response = HttpResponse(os.pread(file.fileno(), stop - start, start), status=status)
    response.headers["Content-Length"] = str(stop - start)
    return response


class Pieces:
    """Async iterator over a part of a file. A class and not a generator, because Django closes what has
    close(), also when the caller went away before the first piece."""

    def __init__(self, file: BinaryIO, start: int, stop: int) -> None:
        self._file, self._at, self._stop = file, start, stop

    def __aiter__(self) -> "Pieces":
        return self

    async def __anext__(self) -> bytes:
        size = min(PIECE, self._stop - self._at)
        piece = await asyncio.to_thread(os.pread, self._file.fileno(), size, self._at) if size else b""
        if not piece:
            raise StopAsyncIteration
        self._at += len(piece)
        return piece

    def close(self) -> None:
        self._file.close()
