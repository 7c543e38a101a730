"""One connection to a server whose stream we play."""

import asyncio
import logging
import os
import ssl
from dataclasses import replace
from typing import cast

from snapplatform.net.ending import EndKind, PullEnd
from snapplatform.net.flow import Flow
from snapplatform.net.gathering import Gathering
from snapplatform.net.sockets import tune
from snapplatform.rtsp.errors import ProtocolError, Unsupported
from snapplatform.rtsp.interface import AudioSink, Sink
from snapplatform.rtsp.limits import ClientLimits
from snapplatform.rtsp.messages import Message
from snapplatform.rtsp.one_keyframe import OneKeyframe
from snapplatform.rtsp.playback import Playback
from snapplatform.rtsp.reading import HEADROOM, Splitter
from snapplatform.rtsp.session import Session
from snapplatform.rtsp.stats import ClientStats
from snapplatform.rtsp.url import RtspUrl

_FAREWELL_SECONDS = 1.0

log = logging.getLogger("snapplatform.rtsp")


class PullConnection(asyncio.BufferedProtocol):
    """Requests, then packets into the sinks, until finish(). `done` then holds how it ended."""

    def __init__(
        self,
        url: RtspUrl,
        sink: Sink,
        audio: AudioSink | None,
        *,
        limits: ClientLimits,
        stats: ClientStats,
        buffer: bytearray,
        until_keyframe: bool,
    ) -> None:
        """`buffer` is HEADROOM and what one read brings; it may be shared by all connections of a loop, for
        a read is parsed before the next one."""
        self._loop = asyncio.get_running_loop()
        now = self._loop.time()
        self.done: asyncio.Future[PullEnd] = self._loop.create_future()
        self._url, self._limits, self._stats = url, limits, stats
        self._sink = sink
        self._until_keyframe = until_keyframe
        self._buffer = buffer
        self._window = memoryview(buffer)[HEADROOM:]
        self._rest = bytearray()  # received and not parsed yet: the start of something
        self._transport: asyncio.Transport | None = None
        self._ended = False
        self._splitter = Splitter(self._on_message, limits)
        given = OneKeyframe(sink, self._got_keyframe) if until_keyframe else sink
        self._playback = Playback(
            self, given, audio, self._loop.time, self._splitter.channels, limits=limits, stats=stats
        )
        self._session = Session(self, self._playback, url, limits)
        self._flow: Flow | None = None  # from the first tick on that finds it playing
        self._gathering = Gathering(now)
        self._bytes_in = 0
        self._messages_left = limits.messages

    # As asyncio's protocol.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if self._ended:
            self._transport.abort()
            return
        tune(transport.get_extra_info("socket"))
        self._session.begin()

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._window

    def buffer_updated(self, nbytes: int) -> None:
        self._bytes_in += nbytes
        self._stats.bytes_in += nbytes
        if self._ended:
            return
        rest, end = self._rest, HEADROOM + nbytes
        start = HEADROOM
        if rest:
            if len(rest) + nbytes < self._splitter.needed:
                rest += self._buffer[HEADROOM:end]
                return
            start -= len(rest)
            self._buffer[start:HEADROOM] = rest
            rest.clear()
        self._parse(start, end)

    def connection_lost(self, exc: Exception | None) -> None:
        detail = "closed by the server" if self._session.playing else "closed by the server before it played"
        if isinstance(exc, OSError) and not isinstance(exc, ssl.SSLError) and exc.errno:
            detail = os.strerror(exc.errno)
        self.finish(PullEnd(EndKind.LOST, detail))

    # As a pull of the client's.

    def finish(self, end: PullEnd) -> None:
        """End it now, for the first reason that is given; the sink is told before this returns."""
        if self._ended:
            return
        self._ended = self._splitter.stopped = True
        self._rest.clear()
        self._leave()
        self._stats.ended[end.kind] += 1
        try:
            self._sink.on_end(str(end))
        except Exception:
            log.exception("the sink of %s could not be closed", self._url.redacted)
        if not self.done.done():
            self.done.set_result(replace(end, bytes_in=self._bytes_in))

    def tick(self, now: float) -> None:
        """Look for what is overdue, report, keep alive; the client calls it each `tick_seconds`."""
        if self._transport is None or self._ended:
            return
        self._messages_left = self._limits.messages
        overdue = self._session.tick(now)
        if overdue is None and self._session.playing:
            overdue = self._watch(now)
        if overdue is not None:
            self.finish(overdue)
        if not self._ended:
            sock = self._transport.get_extra_info("socket")
            gather = self._session.playing and not self._until_keyframe
            patience = self._sink.patience if gather else 0.0
            self._gathering.adjust(sock, now, self._bytes_in, patience=patience)

    # As the session's wire.

    def write(self, data: bytes) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        self._stats.bytes_out += len(data)
        transport.write(data)
        if transport.get_write_buffer_size() > self._limits.unsent_bytes:
            self._broken(ProtocolError("slow reader", "the server does not read what it is told"))

    # Inside.

    def _watch(self, now: float) -> PullEnd | None:
        """While it plays: why it should end, or None."""
        self._playback.report(now)
        if self._flow is None:
            self._flow = Flow(self._limits, now, until_keyframe=self._until_keyframe)
        return self._flow.overdue(
            now, bytes_in=self._bytes_in, videos=self._playback.pictures, sounds=self._playback.sounds
        )

    def _parse(self, start: int, end: int) -> None:
        try:
            start = self._splitter.feed(self._buffer, start, end)
        except ProtocolError as error:
            self._broken(error)
        except Unsupported as error:
            self.finish(PullEnd(EndKind.UNSUPPORTED, str(error)))
        except Exception as error:
            log.error("%s could not be taken", self._url.redacted, exc_info=error)
            self.finish(PullEnd(EndKind.INTERNAL))
        if start < end and not self._ended:
            self._rest += self._buffer[start:end]

    def _on_message(self, message: Message) -> None:
        self._messages_left -= 1
        if self._messages_left < 0:
            raise ProtocolError("message", f"more than {self._limits.messages} messages a tick")
        self._session.on_message(message)

    def _got_keyframe(self) -> None:
        self.finish(PullEnd(EndKind.KEYFRAME))

    def _broken(self, error: ProtocolError) -> None:
        self._stats.protocol_errors[error.kind] += 1
        self.finish(PullEnd(EndKind.PROTOCOL, str(error)))

    def _leave(self) -> None:
        """Say so, for cameras hold few sessions and long; but wait for nobody who does not read."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        farewell = self._session.teardown()
        if farewell and not transport.get_write_buffer_size():
            transport.write(farewell)
            transport.close()
            if transport.get_write_buffer_size():
                self._loop.call_later(_FAREWELL_SECONDS, transport.abort)
        else:
            transport.abort()
