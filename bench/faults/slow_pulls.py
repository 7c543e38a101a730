"""What slow and silent sources do to a node that pulls them: each case has a stream and a job of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from ipaddress import ip_network

from django.conf import settings

from bench.content import Message
from bench.faults import slow_sources as sources
from bench.faults.encoder import chunks
from bench.faults.onenode import OneNode, reasons
from bench.faults.slow_encoders import Case
from jobs.models import Job
from snapplatform.rtmp import ClientLimits
from snapplatform.rtmp.messages import AUDIO
from snapplatform.streams.models import Stream
from snapplatform.streams.reasons import CONNECTING
from snapplatform.streams.services import create_stream

LIMITS = ClientLimits()  # the node's own
LOOPBACK = "127.0.0.0/8"
Server = AbstractAsyncContextManager[int]


def cases(node: OneNode, medium: tuple[Message, ...]) -> list[Case]:
    begun = sources.SHAKE + sources.PLAYING + sources.first_picture(medium)
    connect, shake, answer, silence, video = (
        LIMITS.connect_seconds,
        LIMITS.handshake_seconds,
        LIMITS.answer_seconds,
        LIMITS.silence_seconds,
        LIMITS.video_seconds,
    )
    served: list[tuple[str, float, Server]] = [
        ("accepts and is silent", shake, sources.serving(sources.silent)),
        ("connect black hole", connect, sources.black_hole()),
        ("handshake dribbled", shake, sources.serving(sources.dribbles(b"", sources.SHAKE))),
        ("answers no command", answer, sources.serving(sources.shakes_hands)),
        ("a frame dribbled", video, sources.serving(sources.dribbles(begun, chunks(medium)))),
        ("data, then silence", silence, sources.serving(sources.says(begun))),
        ("the picture goes, sound stays", video, sources.serving(sources.plays(medium, only=AUDIO))),
        ("sound alone", video, sources.serving(sources.plays(sources.sound_of(medium)))),
    ]
    slow = sources.serving(sources.plays(medium, slower=sources.SLOWNESS))
    return [
        *(Case(f"node pulls: {name}", limit, _pulled(node, name, server)) for name, limit, server in served),
        Case("node pulls: a tenth of the speed", video, _pulled(node, "slow", slow, "no new keyframe")),
    ]


def _pulled(node: OneNode, name: str, server: Server, skip: str = "") -> Callable[[], Awaitable[str]]:
    """Reported when the stream's row says why it isn't there, or the job skips ticks for the reason."""

    async def run() -> str:
        async with server as port:
            job = await asyncio.to_thread(_submit, node, name, port)
            while True:
                stream = await asyncio.to_thread(Stream.objects.get, pk=job.stream_id)
                if stream.node_id and stream.offline_reason not in ("", CONNECTING):
                    return str(stream.offline_reason)
                if skip and skip in await asyncio.to_thread(reasons, job):
                    return skip
                await asyncio.sleep(0.1)

    return run


def _submit(node: OneNode, name: str, port: int) -> Job:
    stream = f"pulled-{name}".replace(" ", "-").replace(",", "")
    create_stream(principal=node.principal, name=stream, source_url=f"rtmp://127.0.0.1:{port}/live/cam")
    return node.job(stream)


def allow_loopback() -> dict[str, object]:
    """Let this process save such sources; what the node's environment needs for pulling them."""
    settings.SNAP = replace(settings.SNAP, allowed_networks=[ip_network(LOOPBACK)])
    return {"SNAP_ALLOWED_NETWORKS": LOOPBACK}
