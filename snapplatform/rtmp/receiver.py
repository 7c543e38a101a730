"""The receiving half of a connection, the same for the server and for a client that plays."""

import asyncio
from typing import Protocol, cast

from snapplatform.rtmp import messages
from snapplatform.rtmp.chunk_reader import ChunkReader, OnMessage
from snapplatform.rtmp.errors import ProtocolError
from snapplatform.rtmp.host import HEADROOM
from snapplatform.rtmp.limits import WireLimits

WINDOW = 2_500_000
MIN_ACK_WINDOW = 16 * 1024  # so that nobody makes us answer each byte


class Shaking(Protocol):
    """Either side of the handshake."""

    done: bool

    def feed(self, buf: bytes | bytearray, pos: int, end: int) -> tuple[int, bytes]:
        """Consume buf[pos:end]; returns the new position and what to send."""
        ...


class Traffic(Protocol):
    """Counters of a server or client."""

    bytes_in: int
    bytes_out: int


class Receiver(asyncio.BufferedProtocol):
    """Bytes to messages, and acknowledgements for them. The subclass says what an end is: nothing is parsed
    once `_reason` is set."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        buffer: bytearray,
        limits: WireLimits,
        traffic: Traffic,
        handshake: Shaking,
        on_message: OnMessage,
    ) -> None:
        """`buffer` is HEADROOM and what one read brings; it may be shared by all connections of a loop, for
        a read is parsed before the next one."""
        self._loop = loop
        self._buffer = buffer
        self._window = memoryview(buffer)[HEADROOM:]
        self._traffic = traffic
        self._reply_bytes = limits.reply_bytes
        self._media_bytes = (limits.message_bytes, limits.partial_bytes)
        self._handshake: Shaking | None = handshake
        self._reader = ChunkReader(on_message, limits)
        self._rest = b""  # received and not parsed yet; the start of a header unless paused
        self._paused = False
        self._reason = ""  # why it ends; set once, nothing is parsed after
        self._bytes_in = 0
        self._ack_window = self._ack_at = WINDOW

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._window

    def buffer_updated(self, nbytes: int) -> None:
        self._bytes_in += nbytes
        self._traffic.bytes_in += nbytes
        if self._reason:
            return
        buffer = self._buffer
        end = HEADROOM + nbytes
        if self._paused:
            self._rest += buffer[HEADROOM:end]
            return
        start = HEADROOM - len(self._rest)
        if self._rest:
            buffer[start:HEADROOM] = self._rest
            self._rest = b""
        self._parse(buffer, start, end)
        if self._bytes_in >= self._ack_at:
            self._ack_at = self._bytes_in + self._ack_window
            self.write(messages.control(messages.ACKNOWLEDGEMENT, self._bytes_in))

    def _parse(self, buf: bytes | bytearray, pos: int, end: int) -> None:
        try:
            if self._handshake is not None:
                pos = self._shake(self._handshake, buf, pos, end)
            if self._handshake is None:
                pos = self._reader.feed(buf, pos, end)
        except ProtocolError as error:
            self._broken(error)
        except Exception as error:
            self._crashed(error)
        if self._reason:
            return
        if pos < end:
            self._rest = bytes(buf[pos:end])
        if self._reader.tired:  # the other connections first
            self.pause()
            self._loop.call_soon(self.resume)

    def _shake(self, handshake: Shaking, buf: bytes | bytearray, pos: int, end: int) -> int:
        pos, answer = handshake.feed(buf, pos, end)
        if answer:
            self.write(answer)
        if handshake.done:
            self._handshake = None
            self._shaken()
        return pos

    def write(self, data: bytes) -> None:
        if self._transport.is_closing():
            return
        self._traffic.bytes_out += len(data)
        self._transport.write(data)
        if self._sends_answers_only() and self.unsent() > self._reply_bytes:
            self._broken(ProtocolError("slow reader", "does not read its answers"))

    def unsent(self) -> int:
        return self._transport.get_write_buffer_size()

    def pause(self) -> None:
        self._paused = self._reader.paused = True
        self._transport.pause_reading()

    def resume(self) -> None:
        if self._reason or not self._paused:
            return
        self._paused = self._reader.paused = False
        rest, self._rest = self._rest, b""
        self._parse(rest, 0, len(rest))
        if not self._paused and not self._reason:
            self._transport.resume_reading()

    def charge(self, chunks: int) -> None:
        self._reader.budget -= chunks

    def admit_media(self) -> None:
        self._reader.message_bytes, self._reader.partial_bytes = self._media_bytes

    def acknowledge_each(self, window: int) -> None:
        self._ack_window = max(window, MIN_ACK_WINDOW)
        self._ack_at = min(self._ack_at, self._bytes_in + self._ack_window)

    def _stop_parsing(self, reason: str) -> None:
        self._reason = reason
        self._reader.paused = True  # in the middle of feed() too
        self._rest = b""

    def _shaken(self) -> None:
        """The handshake is over."""

    def _sends_answers_only(self) -> bool:
        """Whether what is written is bounded by `Limits.reply_bytes`."""
        return True

    def _broken(self, error: ProtocolError) -> None:
        """The peer broke a rule or a limit: end it."""
        raise NotImplementedError

    def _crashed(self, error: Exception) -> None:
        """Something failed here, by no fault of the peer: log it and end."""
        raise NotImplementedError
