"""The node's beat: tells the database that it lives, what it holds, and what its streams are like; and hears
what became of them and whether the node is to drain."""

import asyncio
import logging
from typing import Any
from uuid import UUID

from django.db import transaction

from snapplatform import clock
from snapplatform.cluster import nodes
from snapplatform.cluster.watch import BeatWatch
from snapplatform.errors import NodeBuried
from snapplatform.node.drain import Drain
from snapplatform.node.figures import Figures, left
from snapplatform.node.ingest import Ingest
from snapplatform.node.lease import Lease
from snapplatform.node.threads import DatabaseThread
from snapplatform.node.writer import Writer
from snapplatform.streams import live
from snapplatform.streams.hub import Hub
from snapplatform.streams.live import Held
from snapplatform.streams.livestream import LiveStream

log = logging.getLogger("snapplatform.node")

DESCRIBE_EVERY = 3  # beats


class Heart:
    """Beats until cancelled, or until NodeBuried: others have what this node held, and it must stop."""

    def __init__(
        self,
        node_id: UUID,
        database: DatabaseThread,
        hub: Hub,
        writer: Writer,
        ingest: Ingest,
        figures: Figures,
        drain: Drain,
        lease: Lease,
    ) -> None:
        self._node_id = node_id
        self._database = database
        self._hub = hub
        self._writer = writer
        self._ingest = ingest
        self._figures = figures
        self._drain = drain
        self._lease = lease
        self._watch = BeatWatch()
        self._seen: dict[Held, tuple[float, int, int]] = {}  # when, frames, bytes at the last description

    async def run(self) -> None:
        turn = 0
        while True:
            try:
                await self._beat()
                await self._database.run(live.find_dead, self._watch, but=self._node_id)
                await self._hear_news()
                if turn % DESCRIBE_EVERY == 0 or len(self._seen) != len(self._hub.streams()):
                    await self._describe()
            except NodeBuried:
                raise
            except Exception:  # a database that is away is no reason to stop taking pictures
                log.exception("the node's beat could not be written")
            turn += 1
            await asyncio.sleep(nodes.BEAT_SECONDS)

    async def _beat(self) -> None:
        figures = self._figures.read()
        remains = left(figures) or self._ingest.asking
        if self._drain.active:
            figures["left"] = left(figures)
        began = clock.monotonic()
        beat = await self._database.run(nodes.beat, self._node_id, figures)
        self._lease.renew(began)
        self._writer.offset_ms = beat.offset_ms
        await self._drain.heed(beat.draining)
        # What was read before draining began says nothing of those who came in between.
        if "left" in figures and not remains and await self._database.run(nodes.drained, self._node_id):
            log.info("drained: the node holds nothing any more")

    async def _hear_news(self) -> None:
        """Let go of streams that are not ours any more, and of silent ones that are wanted elsewhere."""
        streams = self._hub.by_id()
        if not streams:
            return
        news = await self._database.run(live.news, [stream.held for stream in streams.values()])
        for stream_id, reason in news.gone.items():
            self._ingest.drop(stream_id, reason)
        for stream_id in news.wanted:
            self._ingest.drop_silent(streams[stream_id])

    async def _describe(self) -> None:
        now = clock.monotonic()
        facts = {stream.held: self._facts(stream, now) for stream in self._hub.streams()}
        self._seen = {stream.held: (now, stream.frames, stream.bytes) for stream in self._hub.streams()}
        if facts:
            await self._database.run(_write, facts)

    def _facts(self, stream: LiveStream, now: float) -> dict[str, Any]:
        then, frames, size = self._seen.get(stream.held, (stream.started, 0, 0))
        span = max(now - then, 0.001)
        facts: dict[str, Any] = {
            "video_codec": stream.config.codec if stream.config else "",
            "audio_codec": stream.audio_codec,
            "width": stream.info.width or None if stream.info else None,
            "height": stream.info.height or None if stream.info else None,
            "gop_seconds": round(stream.keyframe_gap, 2) or None,
        }
        if span > 1.0 and not stream.resting:
            facts["frame_rate"] = round((stream.frames - frames) / span, 1)
            facts["bitrate_kbps"] = round((stream.bytes - size) * 8 / span / 1000)
        if stream.last_keyframe is not None:
            facts["last_keyframe_at"] = clock.wall_time(stream.last_keyframe)
        return facts


def _write(facts: dict[Held, dict[str, Any]]) -> None:
    with transaction.atomic():
        for held, row in facts.items():
            live.describe(held, **row)
