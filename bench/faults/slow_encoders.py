"""What slow and silent encoders do to a node: each case has a stream and a job of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bench.faults import corpus
from bench.faults import slow_sources as sources
from bench.faults.encoder import HELLO, Encoder, chunks
from bench.faults.onenode import OneNode, reasons
from bench.wire import HANDSHAKE_BYTES
from jobs.models import Job
from snapplatform.rtmp import Limits
from snapplatform.rtmp.messages import AUDIO
from snapplatform.streams.livestream import STALE_SECONDS

SERVER = Limits()  # the node's own


@dataclass(frozen=True, slots=True)
class Case:
    """`act` ends when the trouble was reported, and says how; that may take twice `limit` and a second."""

    name: str
    limit: float
    act: Callable[[], Awaitable[str]]


class Publishing:
    """Makes the jobs; the node may be started after that."""

    def __init__(self, node: OneNode, medium: corpus.Medium) -> None:
        self._node = node
        self._medium = medium.messages
        self._jobs: dict[str, Job] = {}

    def cases(self) -> list[Case]:
        shake, idle, stale = SERVER.handshake_seconds, SERVER.idle_seconds, STALE_SECONDS
        return [
            Case("publish: silent after connecting", shake, self._silent),
            Case("publish: handshake dribbled", shake, self._handshake),
            Case("publish: silent after the handshake", idle, self._idle),
            Case("publish: a frame dribbled", stale, self._stream("dribbled", self._dribbled)),
            Case("publish: data, then silence", stale, self._stream("silence", self._then_silence)),
            Case("publish: silence ends the connection", SERVER.silence_seconds, self._dropped),
            Case("publish: a tenth of the speed", stale, self._stream("slow", self._slow, "no new keyframe")),
            Case("publish: sound alone", stale, self._stream("sound", self._sound)),
            Case("publish: the picture goes, sound stays", stale, self._stream("gone", self._gone)),
        ]

    async def _silent(self) -> str:
        encoder = Encoder(self._node.port, "")
        await encoder.connect()
        await encoder.gone()
        return "dropped"

    async def _handshake(self) -> str:
        encoder = Encoder(self._node.port, "")
        await encoder.connect()
        dribbling = asyncio.create_task(_dribble(encoder.writer, HELLO))
        await encoder.gone()
        dribbling.cancel()
        return "dropped"

    async def _idle(self) -> str:
        encoder = Encoder(self._node.port, "")
        await encoder.connect()
        encoder.writer.write(HELLO + bytes(HANDSHAKE_BYTES))
        await encoder.gone()
        return "dropped"

    async def _dropped(self) -> str:
        async with Encoder(self._node.port, "dropped") as encoder:
            await encoder.send(self._medium)
            await encoder.gone()
        return "dropped"

    def _stream(
        self, name: str, act: Callable[[Encoder], Awaitable[None]], skip: str = ""
    ) -> Callable[[], Awaitable[str]]:
        """Publish so; reported when the job waits, or when it skips ticks for the reason `skip`."""
        self._jobs[name] = self._node.job(name)

        async def run() -> str:
            async with Encoder(self._node.port, name) as encoder:
                acting = asyncio.create_task(act(encoder))
                try:
                    return await self._reported(self._jobs[name], skip)
                finally:
                    acting.cancel()

        return run

    async def _reported(self, job: Job, skip: str) -> str:
        while True:
            row = await asyncio.to_thread(Job.objects.get, pk=job.pk)
            if row.waiting and row.waiting != "stream offline":
                return str(row.waiting)
            if skip and skip in await asyncio.to_thread(reasons, job):
                return skip
            await asyncio.sleep(0.1)

    async def _dribbled(self, encoder: Encoder) -> None:
        await encoder.send(self._medium[:2])
        await _dribble(encoder.writer, chunks(self._medium))

    async def _then_silence(self, encoder: Encoder) -> None:
        await encoder.send(self._medium)

    async def _slow(self, encoder: Encoder) -> None:
        await sources.play(encoder.writer, self._medium, slower=sources.SLOWNESS)

    async def _sound(self, encoder: Encoder) -> None:
        await sources.play(encoder.writer, sources.sound_of(self._medium))

    async def _gone(self, encoder: Encoder) -> None:
        await sources.play(encoder.writer, self._medium, only=AUDIO)


async def _dribble(writer: asyncio.StreamWriter, data: bytes) -> None:
    for byte in data:
        writer.write(bytes((byte,)))
        await asyncio.sleep(sources.DRIBBLE)
