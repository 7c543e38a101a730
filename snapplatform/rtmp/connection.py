"""One TCP connection: bytes in and out, time-outs, and the one place where it ends."""

import asyncio
import logging
from typing import cast

from snapplatform.rtmp import messages
from snapplatform.rtmp.chunk_reader import ChunkReader
from snapplatform.rtmp.deadlines import Deadlines
from snapplatform.rtmp.errors import ProtocolError
from snapplatform.rtmp.gathering import Gathering
from snapplatform.rtmp.handshake import Handshake
from snapplatform.rtmp.host import HEADROOM, Host
from snapplatform.rtmp.role import Role
from snapplatform.rtmp.session import WINDOW, Session
from snapplatform.rtmp.sockets import address_of, tune

log = logging.getLogger("snapplatform.rtmp")

MIN_ACK_WINDOW = 16 * 1024  # so that nobody makes us answer each byte


class Connection(asyncio.BufferedProtocol):
    """Handshake, then chunks, until the peer goes or is dropped."""

    def __init__(self, host: Host) -> None:
        self.peer = ""
        self.role = Role(self, host.directory, host.limits, host.stats)
        self._host = host
        self._limits = host.limits
        self._window = memoryview(host.buffer)[HEADROOM:]
        self._session = Session(self, self.role, host.limits)
        self._handshake: Handshake | None = Handshake()
        self._reader = ChunkReader(self._session.on_message, host.limits)
        self._rest = b""  # received and not parsed yet; the start of a header unless paused
        self._paused = False
        self._reason = ""  # why it ends; set once, nothing is parsed after
        self._bytes_in = 0
        self._ack_window = self._ack_at = WINDOW
        self._opened = host.loop.time()
        self._deadlines = Deadlines(host.limits, self._opened)
        self._gathering = Gathering(self._opened)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.peer = address_of(transport.get_extra_info("peername"))
        refusal = self._host.enter(self)
        if refusal:
            self._host.stats.refused += 1
            self.stop(refusal)
            return
        tune(transport.get_extra_info("socket"))
        log.info("rtmp connection open peer=%s", self.peer)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end("connection lost" if self.role.state else "closed by the peer")
        self._host.leave(self)
        log.info(
            "rtmp connection closed peer=%s stream=%r reason=%r bytes_in=%d seconds=%.1f",
            *(self.peer, self.role.name, self._reason, self._bytes_in, self._host.loop.time() - self._opened),
        )

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._window

    def buffer_updated(self, nbytes: int) -> None:
        self._bytes_in += nbytes
        self._host.stats.bytes_in += nbytes
        if self._reason:
            return
        buffer = self._host.buffer
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
            self._fail(error.kind, f"protocol error: {error}")
        except Exception:
            log.exception("rtmp stream %r of %s could not be taken", self.role.name, self.peer)
            self.stop("internal error")
        if self._reason:
            return
        if pos < end:
            self._rest = bytes(buf[pos:end])
        if self._reader.tired:  # the other connections first
            self.pause()
            self._host.loop.call_soon(self.resume)

    def _shake(self, handshake: Handshake, buf: bytes | bytearray, pos: int, end: int) -> int:
        pos, answer = handshake.feed(buf, pos, end)
        if answer:
            self.write(answer)
        if handshake.done:
            self._handshake = None
        return pos

    def write(self, data: bytes) -> None:
        if self._transport.is_closing():
            return
        self._host.stats.bytes_out += len(data)
        self._transport.write(data)
        if self.role.state in ("", "publishing") and self.unsent() > self._limits.reply_bytes:
            self._fail("slow reader", "protocol error: does not read its answers")

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
        self._reader.message_bytes = self._limits.message_bytes
        self._reader.partial_bytes = self._limits.partial_bytes

    def acknowledge_each(self, window: int) -> None:
        self._ack_window = max(window, MIN_ACK_WINDOW)
        self._ack_at = min(self._ack_at, self._bytes_in + self._ack_window)

    def stop(self, reason: str) -> None:
        self._end(reason)
        self._transport.abort()

    def refuse(self, reason: str) -> None:
        """A plain close could reset the connection and with it the answer that says why; so the peer may go
        first, and what it still sends is thrown away."""
        if self._reason:
            return
        self._end(reason)
        self._deadlines.restart(self._host.loop.time())
        self._transport.resume_reading()
        self._transport.write_eof()

    def tick(self, now: float) -> None:
        """Look for what is overdue, and how fast it comes; the server calls it each `Limits.tick_seconds`."""
        if self._reason:
            if self._deadlines.lingered(now):
                self._transport.abort()
            return
        overdue = self._deadlines.overdue(
            now,
            handshaken=self._handshake is None,
            state=self.role.state,
            bytes_in=self._bytes_in,
            unsent=self.unsent(),
        )
        if overdue is not None:
            self._fail(*overdue)
            return
        sock = self._transport.get_extra_info("socket")
        publishing = self.role.state == "publishing"
        self._gathering.adjust(sock, now, self._bytes_in, publishing=publishing)

    def _fail(self, kind: str, reason: str) -> None:
        if not self._reason:
            self._host.stats.protocol_errors[kind] += 1
        self.stop(reason)

    def _end(self, reason: str) -> None:
        if self._reason:
            return
        self._reason = reason
        self._reader.paused = True  # in the middle of feed() too
        self._rest = b""
        try:
            self.role.close(reason)
        except Exception:
            log.exception("rtmp stream %r of %s could not be closed", self.role.name, self.peer)
