"""One decode for many: requests for the same frame within one turn of the loop share a decoder's work."""

import asyncio
import logging
from dataclasses import dataclass, field

from snapplatform import clock, ids
from snapplatform.media.pool import DecoderPool
from snapplatform.media.types import (
    DecodeFailed,
    OutputSpec,
    Picture,
    PictureFacts,
    PictureRequest,
    PictureResult,
)
from snapplatform.streams.frames import Frame
from snapplatform.streams.livestream import LiveStream

log = logging.getLogger("snapplatform.node")

# What a stream's packets did to a decoder; other failures cost a picture, and no process.
DEADLY = ("died", "timeout")

_Key = tuple[int, int, int]


@dataclass(slots=True)
class _Group:
    """Everybody who wants a picture of one frame, by what they want."""

    stream: LiveStream
    frame: Frame
    wanted: dict[OutputSpec, asyncio.Future[tuple[PictureResult, Picture]]] = field(default_factory=dict)
    sent: bool = False


class PictureDesk:
    """Takes requests for pictures and hands each frame to the decoder pool once."""

    def __init__(self, pool: DecoderPool) -> None:
        self.clock_offset_ms = 0
        self._pool = pool
        self._groups: dict[_Key, _Group] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def take(
        self, stream: LiveStream, frame: Frame, output: OutputSpec
    ) -> tuple[PictureResult, Picture]:
        """The picture of one frame. Raises media.types.DecodeFailed."""
        key = (id(stream), id(frame.packets[0]), id(frame.packet))
        group = self._groups.get(key)
        if group is None or (group.sent and output not in group.wanted):
            group = self._groups[key] = _Group(stream, frame)
            asyncio.get_running_loop().call_soon(self._send, key, group)
        future = group.wanted.get(output)
        if future is None:
            future = group.wanted[output] = asyncio.get_running_loop().create_future()
        # Shielded: one job that is stopped must not take the picture from the others.
        return await asyncio.shield(future)

    def _send(self, key: _Key, group: _Group) -> None:
        group.sent = True
        task = asyncio.get_running_loop().create_task(self._decode(key, group))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _decode(self, key: _Key, group: _Group) -> None:
        specs = list(group.wanted)
        frame = group.frame
        facts = self._facts(group.stream, frame)
        try:
            # By stream, so that one whose pictures cost much doesn't hold up the others.
            group_by = group.stream.held.stream_id
            request = PictureRequest(frame.config, frame.packets, specs, exif=facts, group=group_by)
            result = await self._pool.take(request)
            group.stream.quarantine.passed()
        except BaseException as error:
            if isinstance(error, DecodeFailed) and error.reason in DEADLY:
                self._strike(group.stream)
            for future in group.wanted.values():
                future.set_exception(error)
                future.exception()  # nobody may be waiting any more
            if not isinstance(error, Exception):
                raise
        else:
            for spec, picture in zip(specs, result.pictures, strict=True):
                group.wanted[spec].set_result((result, picture))
        finally:
            if self._groups.get(key) is group:
                del self._groups[key]

    def _strike(self, stream: LiveStream) -> None:
        if stream.quarantine.strike(clock.monotonic()):
            log.error("stream %s: its packets kill decoders; it is left alone for a while", stream.held.name)

    def _facts(self, stream: LiveStream, frame: Frame) -> PictureFacts:
        received = clock.wall_time(frame.arrived_at)
        return PictureFacts(
            stream=stream.held.name,
            taken_at=received,
            received_at=received,
            media_time_ms=frame.packet.pts_ms,
            clock_offset_ms=self.clock_offset_ms,
            capture_id=str(ids.new_id()),
        )
