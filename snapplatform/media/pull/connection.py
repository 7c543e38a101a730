"""The node's end of one stream that a child reads: its messages into the sink, and its clock."""

import asyncio
import logging
from dataclasses import replace
from typing import cast

from snapplatform.net.ending import EndKind, PullEnd
from snapplatform.net.flow import Flow

from . import wire
from .interface import Sink
from .limits import AvLimits
from .permission import Permission
from .schemes import AvUrl
from .stats import AvStats

log = logging.getLogger("snapplatform.media")

_IN_SEGMENTS = "hls"


class AvConnection(asyncio.Protocol):
    """From made to finish(). `done` then holds how it ended; `died` whether its process went first."""

    def __init__(
        self,
        url: AvUrl,
        sink: Sink,
        permission: Permission,
        *,
        limits: AvLimits,
        stats: AvStats,
        until_keyframe: bool,
    ) -> None:
        loop = self._loop = asyncio.get_running_loop()
        self.done: asyncio.Future[PullEnd] = loop.create_future()
        self.died = False
        self.said_end = False  # the child ended it by itself
        self._url, self._sink, self._limits, self._stats = url, sink, limits, stats
        self._permission = permission
        self._until_keyframe = until_keyframe
        self._splitter = wire.Splitter(limits.unit_bytes)
        self._transport: asyncio.Transport | None = None
        self._asking: asyncio.Task[None] | None = None
        self._ordered_at: float | None = None
        self._flow: Flow | None = None  # once it plays
        self._bytes_in = self._videos = 0
        self._config: tuple[str, bytes] | None = None

    # As asyncio's protocol.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        try:
            for kind, payload in self._splitter.feed(data):
                if self.done.done():
                    return
                self._on_message(kind, payload)
        except wire.WireError as error:
            log.error("the reader of %s does not speak: %s", self._url.redacted, error)
            self.died = True
            self.finish(PullEnd(EndKind.INTERNAL, "its reading process made no sense"))
        except Exception:
            log.exception("%s could not be taken", self._url.redacted)
            self.finish(PullEnd(EndKind.INTERNAL))

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.died = True
            self.finish(PullEnd(EndKind.INTERNAL, "its reading process died"))

    # As the client's.

    def order(self, order: wire.Order) -> None:
        """Have it read; the child's time to open it begins now."""
        assert self._transport is not None
        self._ordered_at = self._loop.time()
        self._transport.write(wire.pack_order(order))

    def finish(self, end: PullEnd) -> None:
        """End it now, for the first reason that is given; the sink is told before this returns."""
        if self.done.done():
            return
        self.done.set_result(replace(end, bytes_in=self._bytes_in))
        if self._asking is not None:
            self._asking.cancel()
        if self._transport is not None:
            self._transport.abort()
        self._stats.ended[end.kind] += 1
        try:
            self._sink.on_end(str(end))
        except Exception:
            log.exception("the sink of %s could not be closed", self._url.redacted)

    def tick(self, now: float) -> None:
        """Look for what is overdue; the client calls it each `tick_seconds`."""
        if self.done.done():
            return
        overdue: PullEnd | None = None
        if self._flow is not None:
            # A recording's bytes come long before its pictures; bytes without any are as good as sound.
            overdue = self._flow.overdue(
                now, bytes_in=self._bytes_in + self._videos, videos=self._videos, sounds=self._bytes_in
            )
        elif self._ordered_at is not None and now - self._ordered_at > self._limits.open_seconds:
            what = "could not be read" if self._bytes_in else "no answer"
            overdue = PullEnd(EndKind.ANSWER_TIMEOUT, f"{what} for {self._limits.open_seconds:g} s")
        if overdue is not None:
            self.finish(overdue)

    # Inside.

    def _on_message(self, kind: int, payload: bytes) -> None:
        if kind == wire.UNIT:
            self._on_unit(payload)
        elif kind == wire.BYTES:
            self._count(wire.COUNT.unpack(payload)[0])
        elif kind == wire.CONFIG:
            self._config = wire.read_config(payload)
            self._sink.on_config(*self._config)
        elif kind == wire.ASK:
            self._on_ask(payload)
        elif kind == wire.OPENED:
            limits = self._limits.in_segments() if payload == _IN_SEGMENTS.encode() else self._limits
            self._flow = Flow(limits, self._loop.time(), until_keyframe=self._until_keyframe)
        elif kind == wire.END:
            self.said_end = True
            self.finish(wire.read_end(payload))
        else:
            raise wire.WireError(f"message {kind}")

    def _on_unit(self, payload: bytes) -> None:
        pts, dts, keyframe, data = wire.read_unit(payload)
        if self._config is None or self._flow is None:
            raise wire.WireError("a picture out of order")
        self._videos += 1
        self._sink.on_access_unit(pts, dts, keyframe, data, None)

    def _count(self, bytes_in: int) -> None:
        self._stats.bytes_in += max(0, bytes_in - self._bytes_in)
        self._bytes_in = bytes_in

    def _on_ask(self, payload: bytes) -> None:
        if self._asking is not None and not self._asking.done():
            raise wire.WireError("two questions at once")
        self._asking = self._loop.create_task(self._answer(payload.decode("utf-8", "replace")))

    async def _answer(self, text: str) -> None:
        try:
            answer = await self._permission.nested(text)
        except Exception:
            log.exception("%s: an address could not be looked up", self._url.redacted)
            answer = PullEnd(EndKind.INTERNAL)
        if self.done.done() or self._transport is None:
            return
        if isinstance(answer, PullEnd):
            self._stats.refused += 1
            self._transport.write(wire.pack_json(wire.ANSWER, {"kind": answer.kind, "detail": answer.detail}))
        else:
            self._transport.write(wire.pack_json(wire.ANSWER, {"addresses": answer}))
