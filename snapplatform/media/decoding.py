"""What a decoder process does: one request at a time over the socket on its standard input, under limits.

It ends when the other side closes the socket, also in the middle of a decode.
"""

from __future__ import annotations

import math
import os
import resource
import select
import socket
import sys
import threading

import av
import av.logging
from PIL import Image, PngImagePlugin, TiffImagePlugin, WebPImagePlugin

from . import protocol
from .picture import take_picture
from .types import DecodeFailed

# Loaded here because after the limits no file can be opened any more; EXIF is written by the TIFF module.
_FORMATS = (PngImagePlugin, WebPImagePlugin, TiffImagePlugin)
_MEMORY_LIMIT = 1 << 30
# Standard input, output and error: with none to spare, a decoder that was taken over opens no file or socket.
_FILE_LIMIT = 3
_WATCH_STACK = 128 * 1024
# A live picture must not wait behind this work where the machine is busy, nor may it hold the ingest up.
_NICENESS = 5


def serve() -> None:
    """Never returns."""
    av.logging.set_level(None)
    Image.preinit()
    connection = socket.socket(fileno=0)
    _watch(connection)
    _limit()
    connection.sendall(protocol.pack({"ready": True}, []))
    while True:
        header, parts = _receive(connection)
        _allow_cpu(header["cpu"])
        connection.sendall(_answer(header, parts))
        del header, parts


def _answer(header: protocol.Header, parts: list[memoryview]) -> bytes:
    try:
        return protocol.result_message(take_picture(protocol.parse_request(header, parts)))
    except DecodeFailed as error:
        return protocol.failure_message(error)
    except MemoryError:
        return protocol.failure_message(DecodeFailed("too large", "the decoder passed its memory limit"))
    except Exception as error:
        # The last line before the process: a library's surprise costs this picture and keeps the decoder.
        return protocol.failure_message(DecodeFailed("unsupported", f"{type(error).__name__}: {error}"))


def _receive(connection: socket.socket) -> tuple[protocol.Header, list[memoryview]]:
    header_size, parts_size = protocol.unpack_prefix(_exactly(connection, protocol.PREFIX.size))
    return protocol.unpack(_exactly(connection, header_size + parts_size), header_size)


def _exactly(connection: socket.socket, size: int) -> bytearray:
    data = bytearray(size)
    view, filled = memoryview(data), 0
    while filled < size:
        count = connection.recv_into(view[filled:])
        if not count:
            os._exit(0)
        filled += count
    return data


def _watch(connection: socket.socket) -> None:
    """Exit when the socket's other end closes, also while the main thread decodes (FFmpeg holds no GIL)."""
    poller = select.poll()
    poller.register(connection, getattr(select, "POLLRDHUP", select.POLLHUP))

    def wait() -> None:
        poller.poll()
        os._exit(0)

    threading.stack_size(_WATCH_STACK)
    threading.Thread(target=wait, name="watch", daemon=True).start()


def _limit() -> None:
    os.nice(_NICENESS)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        # Other kernels count mapped libraries and refuse, or ignore it.
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_LIMIT, _MEMORY_LIMIT))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_FILE_LIMIT, _FILE_LIMIT))


def _allow_cpu(seconds: float) -> None:
    """Let this picture use `seconds` of CPU: the limit counts from the start of the process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = math.ceil(used.ru_utime + used.ru_stime + seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))
