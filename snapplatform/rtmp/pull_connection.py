"""One connection to a server whose stream we play."""

import asyncio
import logging
import os
import ssl
from dataclasses import replace

from snapplatform.net.ending import EndKind, PullEnd
from snapplatform.net.gathering import Gathering
from snapplatform.net.sockets import tune
from snapplatform.rtmp.client_handshake import ClientHandshake
from snapplatform.rtmp.errors import ProtocolError
from snapplatform.rtmp.interface import Sink
from snapplatform.rtmp.limits import ClientLimits
from snapplatform.rtmp.media_time import MediaTime
from snapplatform.rtmp.play_session import PlaySession
from snapplatform.rtmp.pull_deadlines import PullDeadlines
from snapplatform.rtmp.receiver import Receiver
from snapplatform.rtmp.stats import ClientStats
from snapplatform.rtmp.url import RtmpUrl
from snapplatform.rtmp.watch import Watch

log = logging.getLogger("snapplatform.rtmp")


class PullConnection(Receiver):
    """Handshake, commands, then media into the sink, until finish(). `done` then holds how it ended."""

    def __init__(
        self,
        url: RtmpUrl,
        sink: Sink,
        *,
        limits: ClientLimits,
        stats: ClientStats,
        buffer: bytearray,
        until_keyframe: bool,
    ) -> None:
        loop = asyncio.get_running_loop()
        self.done: asyncio.Future[PullEnd] = loop.create_future()
        self.sink: Sink | None = None  # None until the stream is asked for, and after its end
        self.time = MediaTime()
        self._url = url
        self._stats = stats
        self._until_keyframe = until_keyframe
        self._watch = Watch(sink, self._got_keyframe if until_keyframe else None)
        self._session = PlaySession(self, url, limits)
        handshake = ClientHandshake()
        super().__init__(loop, buffer, limits, stats, handshake, self._session.on_message)
        self._hello = handshake.hello
        self._connected = False
        self._deadlines = PullDeadlines(limits, loop.time(), until_keyframe=until_keyframe)
        self._gathering = Gathering(loop.time())

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._connected = True
        if self._reason:
            self._transport.abort()
            return
        tune(transport.get_extra_info("socket"))
        self.write(self._hello)
        self._hello = b""

    def connection_lost(self, exc: Exception | None) -> None:
        detail = "closed by the server" if self._watch.playing else "closed by the server before it played"
        if isinstance(exc, OSError) and not isinstance(exc, ssl.SSLError) and exc.errno:
            detail = os.strerror(exc.errno)
        self.finish(PullEnd(EndKind.LOST, detail))

    def finish(self, end: PullEnd) -> None:
        """End it now, for the first reason that is given; the sink is closed before this returns."""
        if self._reason:
            return
        self._stop_parsing(str(end))
        self.sink = None
        if self._connected:
            self._transport.abort()
        self._stats.ended[end.kind] += 1
        try:
            self._watch.close(self._reason)
        except Exception:
            log.exception("the sink of %s could not be closed", self._url.redacted)
        if not self.done.done():
            self.done.set_result(replace(end, bytes_in=self._bytes_in))

    @property
    def state(self) -> str:
        return "playing" if self._watch.playing else ""

    def ask(self) -> None:
        self.sink = self._watch
        self.admit_media()

    def started(self) -> None:
        self._watch.playing = True

    def tick(self, now: float) -> None:
        """Look for what is overdue, and how fast it comes; the client calls it each `tick_seconds`."""
        if not self._connected or self._reason:
            return
        overdue = self._deadlines.overdue(
            now, handshaken=self._handshake is None, watch=self._watch, bytes_in=self._bytes_in
        )
        if overdue is not None:
            self.finish(overdue)
            return
        sock = self._transport.get_extra_info("socket")
        gather = self._watch.playing and not self._until_keyframe
        patience = self._watch.patience if gather else 0.0
        self._gathering.adjust(sock, now, self._bytes_in, patience=patience)

    def _shaken(self) -> None:
        self._session.connect()

    def _got_keyframe(self) -> None:
        self.finish(PullEnd(EndKind.KEYFRAME))

    def _broken(self, error: ProtocolError) -> None:
        self._stats.protocol_errors[error.kind] += 1
        self.finish(PullEnd(EndKind.PROTOCOL, str(error)))

    def _crashed(self, error: Exception) -> None:
        log.error("%s could not be taken", self._url.redacted, exc_info=error)
        self.finish(PullEnd(EndKind.INTERNAL))
