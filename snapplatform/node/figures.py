"""The figures that a node tells with every beat: what it holds, what that costs, what waits."""

from collections.abc import Callable
from typing import Any

from snapplatform import clock
from snapplatform.media.pool import DecoderPool
from snapplatform.node import metrics
from snapplatform.node.roster import Roster
from snapplatform.node.usage import LEAST_SECONDS, Usage
from snapplatform.node.writer import Writer
from snapplatform.rtmp.stats import ServerStats
from snapplatform.streams.hub import Hub


class Figures:
    """Read once a beat; rates are since the last reading."""

    def __init__(
        self, hub: Hub, pool: DecoderPool, writer: Writer, roster: Roster, rtmp: ServerStats
    ) -> None:
        self._hub = hub
        self._pool = pool
        self._writer = writer
        self._roster = roster
        self._rtmp = rtmp
        self._usage = Usage()
        self._more: dict[str, Callable[[], Any]] = {}
        self._before = (clock.monotonic(), 0)  # and pictures decoded

    def add(self, name: str, source: Callable[[], Any]) -> None:
        """Tell `source()`, which is fast and fit for JSON, under `name` as well."""
        self._more[name] = source

    def read(self) -> dict[str, Any]:
        """Figures for the node's row, and the same for /metrics."""
        streams, pool = self._hub.streams(), self._pool
        now, taken = clock.monotonic(), pool.stats.taken
        then, before = self._before
        self._before = (now, taken)
        span = now - then
        found: dict[str, Any] = {
            "streams": len(streams),
            "jobs": self._roster.running,
            "players": sum(len(stream.audience) for stream in streams),
            "ring_bytes": sum(stream.ring.bytes for stream in streams),
            "decoders_ready": pool.stats.ready,
            "decoder_restarts": pool.stats.restarts,
            "pictures_decoded": taken,
            "pictures_per_second": round((taken - before) / span, 2) if span >= LEAST_SECONDS else None,
            "pictures_in_hand": self._roster.in_hand,
            "writer_queue": self._writer.waiting,
            "rtmp_connections": self._rtmp.connections,
            "rtmp_bytes_in": self._rtmp.bytes_in,
            **self._usage.look(pool.pids),
        }
        self._export(found)
        return found | {name: source() for name, source in self._more.items()}

    def _export(self, found: dict[str, Any]) -> None:
        metrics.STREAMS.set(found["streams"])
        metrics.PLAYERS.set(found["players"])
        metrics.RING_BYTES.set(found["ring_bytes"])
        metrics.CPU_SECONDS.set(found["cpu_seconds"])
        metrics.RTMP_BYTES.set(found["rtmp_bytes_in"])
        metrics.RTMP_ERRORS.set(sum(self._rtmp.protocol_errors.values()))
        metrics.DECODERS.set(found["decoders_ready"])
        metrics.DECODER_RESTARTS.set(found["decoder_restarts"])


def left(figures: dict[str, Any]) -> dict[str, int]:
    """What a node that drains has still to give away or to finish; empty when it holds nothing."""
    spool = figures.get("spool")
    found = {
        "streams": figures["streams"],
        "jobs": figures["jobs"],
        "pictures": figures["pictures_in_hand"] + figures["writer_queue"],
        "in the spool": int(spool.get("entries", 0)) if isinstance(spool, dict) else 0,
    }
    return {name: count for name, count in found.items() if count}
