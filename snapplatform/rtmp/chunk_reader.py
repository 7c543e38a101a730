"""Chunks in, messages out (Adobe's RTMP Specification 1.0, section 5.3), with as little Python as can be.

A big chunk costs one copy; small ones (128 bytes is the protocol's default) are joined many at a time.
"""

import struct
from collections.abc import Callable

from snapplatform.rtmp.chunk_stream import ChunkStream, join_strides
from snapplatform.rtmp.errors import ProtocolError
from snapplatform.rtmp.limits import WireLimits
from snapplatform.rtmp.messages import ABORT, EXTENDED, SET_CHUNK_SIZE

MAX_CHUNK = 0xFFFFFF  # no message is longer, so a greater chunk size means the same
MIN_JOINED = 64  # nobody in a hurry sends smaller ones, and long columns would let few bytes cost much
_HEADER_SIZE = (11, 7, 3, 0)
_TWO_WORDS = struct.Struct(">II")
_U32_LITTLE = struct.Struct("<I")

OnMessage = Callable[[int, int, int, bytes], None]  # kind, timestamp (32 bit), message stream id, payload


class ChunkReader:
    """Push parser of one connection.

    feed() calls `on_message` and may be stopped by it (`paused = True`); it also stops by itself (`tired`)
    after `BURST` chunks or what else was taken from `budget`, so that a flood takes turns with others.
    Memory grows with what arrived, never with what a header announced.
    """

    BURST = 500

    def __init__(self, on_message: OnMessage, limits: WireLimits) -> None:
        self.on_message = on_message
        self.chunk_size = 128
        self._limits = limits
        self.message_bytes = limits.command_bytes
        self.partial_bytes = limits.command_partial_bytes
        self.paused = self.tired = False
        self.budget = self.BURST
        self._streams: dict[int, ChunkStream] = {}
        self._current = ChunkStream(b"")
        self._left = 0  # bytes that the current chunk still lacks
        self._held = 0  # bytes in all unfinished messages
        # Whether format 3 headers repeat an extended time. The specification says so, some peers do not:
        # the first one that might tells, and a peer keeps its habit.
        self._repeats: bool | None = None

    def feed(self, buf: bytes | bytearray, pos: int, end: int) -> int:
        """Parse buf[pos:end]; returns where it stopped. What is left then is the start of a header, or, when
        `paused` or `tired`, anything; the caller gives it again with what follows. Raises ProtocolError."""
        self.tired = False
        self.budget = self.BURST
        with memoryview(buf) as view:
            while pos < end and not self.paused:
                self.budget -= 1
                if self.budget < 0:
                    self.tired = True
                    return pos
                if not self._left:
                    start = self._header(buf, pos, end)
                    if start < 0:
                        return pos
                    pos = start
                pos = self._payload(buf, view, pos, end)
        return pos

    def _payload(self, buf: bytes | bytearray, view: memoryview, pos: int, end: int) -> int:
        """Take what there is of the current chunk, and of those that follow it in the same message."""
        stream = self._current
        part = stream.part
        take = min(self._left, end - pos)
        missing = stream.length - len(part) - take
        if not missing:
            self._left = 0
            self._finish(stream, view[pos : pos + take])
            return pos + take
        part += view[pos : pos + take]
        self._hold(take)
        self._left -= take
        pos += take
        if self._left or end - pos <= self.chunk_size or self.chunk_size < MIN_JOINED:
            return pos
        if stream.extended and self._repeats is None:
            return pos  # the next header, read by itself, will tell
        header = stream.basic + stream.extended if self._repeats else stream.basic
        block, pos = join_strides(header, self.chunk_size, missing, buf, pos, end)
        if len(block) == missing:
            self._finish(stream, block)
        else:
            part += block
            self._hold(len(block))
        return pos

    def _finish(self, stream: ChunkStream, last: bytearray | memoryview) -> None:
        """Deliver the message that ends in `last`, as bytes of its own: the buffer is soon overwritten."""
        payload = b"".join((stream.part, last))
        self._held -= len(stream.part)
        stream.part = bytearray()
        self._deliver(stream, payload)

    def _header(self, buf: bytes | bytearray, pos: int, end: int) -> int:
        """Read a chunk header; returns where its payload starts, or -1 if the header is not all there."""
        first = buf[pos]
        form = first >> 6
        at = pos + 1
        number = first & 63
        if number < 2:
            at += number + 1
            if at > end:
                return -1
            number = 64 + buf[pos + 1] + (buf[pos + 2] << 8 if number else 0)
        if at + _HEADER_SIZE[form] > end:
            return -1
        stream = self._streams.get(number) or self._open(number, form, bytes(buf[pos:at]))
        if form == 3:
            return self._continue(stream, buf, at, end)
        return self._message_header(stream, form, buf, at, end)

    def _message_header(
        self, stream: ChunkStream, form: int, buf: bytes | bytearray, at: int, end: int
    ) -> int:
        if stream.part:
            raise ProtocolError("chunk", "new message inside an unfinished one")
        after = at + _HEADER_SIZE[form]
        field = int.from_bytes(buf[at : at + 3], "big")
        extended = b""
        if field == EXTENDED:
            if after + 4 > end:
                return -1
            extended = bytes(buf[after : after + 4])
            field = int.from_bytes(extended, "big")
            after += 4
        if form < 2:
            # The word at at-1 ends in the time field, so that the next one is length and kind.
            word = _TWO_WORDS.unpack_from(buf, at - 1)[1]
            stream.length = word >> 8
            stream.kind = word & 0xFF
            if form == 0:
                stream.stream_id = _U32_LITTLE.unpack_from(buf, at + 7)[0]
                stream.timestamp = 0
        stream.field = field
        stream.extended = extended
        self._begin(stream)
        return after

    def _continue(self, stream: ChunkStream, buf: bytes | bytearray, at: int, end: int) -> int:
        """A format 3 header: the next chunk of a message, or a message just like the one before."""
        if stream.extended:
            there = buf[at : min(at + 4, end)]
            if self._repeats is None and not stream.extended.startswith(there):
                self._repeats = False
            if self._repeats is not False:
                if len(there) < 4:
                    return -1
                self._repeats = True
                at += 4
        if stream.part:
            self._current = stream
            self._left = min(self.chunk_size, stream.length - len(stream.part))
        else:
            self._begin(stream)
        return at

    def _begin(self, stream: ChunkStream) -> None:
        if stream.length > self.message_bytes:
            raise ProtocolError("size", f"message of {stream.length} bytes, allowed are {self.message_bytes}")
        stream.timestamp = (stream.timestamp + stream.field) & 0xFFFFFFFF
        self._current = stream
        self._left = min(self.chunk_size, stream.length)

    def _open(self, number: int, form: int, basic: bytes) -> ChunkStream:
        if form > 1:  # form 1 is wrong too, but old clients open their control stream with it
            raise ProtocolError("chunk", "chunk stream that starts without a full header")
        if len(self._streams) >= self._limits.chunk_streams:
            raise ProtocolError("chunk", f"more than {self._limits.chunk_streams} chunk streams")
        self._streams[number] = ChunkStream(bytes((basic[0] | 0xC0,)) + basic[1:])
        return self._streams[number]

    def _hold(self, size: int) -> None:
        self._held += size
        if self._held > self.partial_bytes:
            raise ProtocolError("size", f"unfinished messages of more than {self.partial_bytes} bytes")

    def _deliver(self, stream: ChunkStream, payload: bytes) -> None:
        if stream.kind > ABORT:
            self.on_message(stream.kind, stream.timestamp, stream.stream_id, payload)
            return
        value = int.from_bytes(payload[:4], "big")
        if len(payload) < 4 or not stream.kind:
            raise ProtocolError("chunk", "control message cut short or of kind 0")
        if stream.kind == SET_CHUNK_SIZE:
            if not 0 < value < 0x80000000:
                raise ProtocolError("chunk", "chunk size of 0 or with the top bit set")
            self.chunk_size = min(value, MAX_CHUNK)
        elif value in self._streams:
            aborted = self._streams[value]
            self._held -= len(aborted.part)
            aborted.part = bytearray()
