"""From one frame to one picture handed to the keeper: decode, look at it, have it stored."""

import asyncio
import logging
from collections.abc import Sequence
from functools import partial
from typing import cast

from jobs.capture import Capture
from jobs.spec import JobSpec
from snapplatform import clock
from snapplatform.media.signature import compare
from snapplatform.media.types import DecodeFailed, Format, OutputSpec, Picture, PictureResult
from snapplatform.node import metrics
from snapplatform.node.keeping import NotKept
from snapplatform.node.tools import Tools
from snapplatform.storage.store import Blob
from snapplatform.streams.frames import Frame
from snapplatform.streams.livestream import LiveStream

log = logging.getLogger("snapplatform.node")

# A picture that is stored later than this after its tick (or than half the interval) counts as late.
LATE_SECONDS = 1.0


class Camera:
    """Takes the pictures of one job on one stream."""

    def __init__(self, stream: LiveStream, tools: Tools) -> None:
        self._stream = stream
        self._tools = tools
        self._signature: bytes | None = None  # of the picture before, to see that nothing moved
        self._order = 0  # of the newest; it rises from camera to camera too, as the process's clock does

    async def shoot(
        self, spec: JobSpec, frame: Frame, tick: float, before: "asyncio.Task[None] | None"
    ) -> str:
        """Take one picture for the tick (monotonic seconds). Returns why there is none, or "".

        The pictures of a job reach the keeper in the order of their ticks: `before` is the one before.
        """
        self._order = max(self._order + 1, int(clock.monotonic() * 1_000_000))
        order = self._order
        output = OutputSpec(cast(Format, spec.image_format), spec.quality, spec.width, spec.height)
        try:
            result, picture = await self._tools.desk.take(self._stream, frame, output)
        except DecodeFailed as error:
            log.warning("no picture of %s for job %s: %s", self._stream.held.name, spec.id, error)
            return f"decode: {error.reason}"
        flags = result.flags | compare(self._signature, result.signature)
        self._signature = result.signature
        if unwanted := sorted(flags & spec.skip_flags):
            return unwanted[0]
        describe = partial(self._capture, spec, frame, tick, order, result, picture, flags)
        try:
            capture = await self._tools.keeper.keep(spec, picture.data, describe, before)
        except NotKept as error:
            return error.reason
        metrics.LAG.observe((capture.stored_at - capture.tick_at).total_seconds())
        metrics.DECODE.observe(result.decode_ms / 1000)
        return ""

    def _capture(
        self,
        spec: JobSpec,
        frame: Frame,
        tick: float,
        order: int,
        result: PictureResult,
        picture: Picture,
        flags: frozenset[str],
        blobs: Sequence[Blob],
    ) -> Capture:
        """What is to be published, told when the bytes are safe."""
        stored = clock.monotonic()
        return Capture(
            job_id=spec.id,
            stream_id=spec.stream_id,
            bucket_id=spec.bucket_id,
            run=spec.run,
            epoch=self._stream.held.epoch,
            order=order,
            sequence=blobs[0] if spec.sequence else None,
            overwrite=blobs[-1] if spec.overwrite else None,
            image_format=spec.image_format,
            width=picture.width,
            height=picture.height,
            luma=round(result.mean_luma),
            flags=flags,
            frame_at=clock.wall_time(frame.arrived_at),
            media_time_ms=frame.packet.pts_ms,
            clock_offset_ms=self._tools.outlet.offset_ms,
            tick_at=clock.wall_time(tick),
            stored_at=clock.wall_time(stored),
            late=stored - tick > min(LATE_SECONDS, spec.interval_ms / 2000),
        )
