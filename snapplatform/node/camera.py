"""From one frame to one picture handed to the writer: decode, look at it, store the bytes."""

import asyncio
import logging
from typing import cast

from jobs.capture import Capture
from jobs.spec import JobSpec
from snapplatform import clock
from snapplatform.errors import StorageUnavailable
from snapplatform.media.signature import compare
from snapplatform.media.types import DecodeFailed, Format, OutputSpec, Picture, PictureResult
from snapplatform.node import metrics
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

    async def shoot(
        self, spec: JobSpec, frame: Frame, tick: float, before: "asyncio.Task[None] | None"
    ) -> str:
        """Take one picture for the tick (monotonic seconds). Returns why there is none, or "".

        The pictures of a job reach the writer in the order of their ticks: `before` is the one before.
        """
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
        try:
            blobs = await self._write(spec, picture)
        except StorageUnavailable as error:
            log.warning("job %s: %s", spec.id, error)
            return "storage not available"
        stored = clock.monotonic()
        if before is not None:
            await asyncio.wait({before})
        self._tools.outlet.put(self._capture(spec, frame, tick, stored, blobs, result, picture, flags))
        metrics.LAG.observe(stored - tick)
        metrics.DECODE.observe(result.decode_ms / 1000)
        return ""

    async def _write(self, spec: JobSpec, picture: Picture) -> list[Blob]:
        copies = int(spec.sequence) + int(spec.overwrite)
        return await self._tools.write(spec.bucket_id, picture.data, spec.image_format, copies)

    def _capture(
        self,
        spec: JobSpec,
        frame: Frame,
        tick: float,
        stored: float,
        blobs: list[Blob],
        result: PictureResult,
        picture: Picture,
        flags: frozenset[str],
    ) -> Capture:
        return Capture(
            job_id=spec.id,
            stream_id=spec.stream_id,
            bucket_id=spec.bucket_id,
            run=spec.run,
            epoch=self._stream.held.epoch,
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
