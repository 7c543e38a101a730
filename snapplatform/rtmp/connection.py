"""One TCP connection: bytes in and out, time-outs, and the one place where it ends."""

import asyncio
import logging

from snapplatform.net.gathering import Gathering
from snapplatform.net.sockets import address_of, tune
from snapplatform.rtmp.deadlines import Deadlines
from snapplatform.rtmp.errors import ProtocolError
from snapplatform.rtmp.handshake import Handshake
from snapplatform.rtmp.host import Host
from snapplatform.rtmp.receiver import Receiver
from snapplatform.rtmp.role import Role
from snapplatform.rtmp.session import Session

log = logging.getLogger("snapplatform.rtmp")


class Connection(Receiver):
    """Handshake, then chunks, until the peer goes or is dropped."""

    def __init__(self, host: Host) -> None:
        self.peer = ""
        self.role = Role(self, host.directory, host.limits, host.stats)
        self._host = host
        session = Session(self, self.role, host.limits)
        super().__init__(host.loop, host.buffer, host.limits, host.stats, Handshake(), session.on_message)
        self._opened = host.loop.time()
        self._deadlines = Deadlines(host.limits, self._opened)
        self._gathering = Gathering(self._opened)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
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
            state="" if self.role.player is not None and self.role.player.over else self.role.state,
            bytes_in=self._bytes_in,
            unsent=self.unsent(),
        )
        if overdue is not None:
            self._fail(*overdue)
            return
        sock = self._transport.get_extra_info("socket")
        sink = self.role.sink
        patience = sink.patience if sink is not None else 0.0
        self._gathering.adjust(sock, now, self._bytes_in, patience=patience)

    def _sends_answers_only(self) -> bool:
        return self.role.state in ("", "publishing")

    def _crashed(self, error: Exception) -> None:
        log.error("rtmp stream %r of %s could not be taken", self.role.name, self.peer, exc_info=error)
        self.stop("internal error")

    def _broken(self, error: ProtocolError) -> None:
        self._fail(error.kind, f"protocol error: {error}")

    def _fail(self, kind: str, reason: str) -> None:
        if not self._reason:
            self._host.stats.protocol_errors[kind] += 1
        self.stop(reason)

    def _end(self, reason: str) -> None:
        if self._reason:
            return
        self._stop_parsing(reason)
        try:
            self.role.close(reason)
        except Exception:
            log.exception("rtmp stream %r of %s could not be closed", self.role.name, self.peer)
