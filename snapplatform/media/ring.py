"""The newest keyframe of a stream and what followed, bounded in bytes and in time."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

DEFAULT_MAX_BYTES = 8 * 1024 * 1024
# Keyframes rarer than this are a misconfigured encoder; a picture then comes from the keyframe alone.
DEFAULT_MAX_SECONDS = 30.0
# Packets may be read together that came this far apart (rtmp/gathering.py, and what streams ask of it).
MAX_READ_SECONDS = 0.25


@dataclass(slots=True)
class Packet:
    """One access unit, length-prefixed (as in FLV after its five bytes), with its times.

    `received_at` is monotonic seconds, of the read that brought it. `data` may be a memoryview over the
    message it came in: that saves the copy, and costs the few header bytes that stay alive with it.
    """

    dts_ms: int
    cts_ms: int
    keyframe: bool
    data: bytes | memoryview
    received_at: float

    @property
    def pts_ms(self) -> int:
        return self.dts_ms + self.cts_ms


@dataclass(slots=True)
class _Gop:
    packets: list[Packet]
    bytes: int
    truncated: bool = False


@dataclass(slots=True)
class GopRing:
    """Packets of one stream from a keyframe on; packets before the first keyframe are dropped.

    `preroll_seconds` keeps older whole GOPs too, as many as cover that time. When the newest GOP alone
    exceeds a bound, only its keyframe is kept and what follows is dropped until the next one (`truncated`),
    because a GOP with a hole cannot be decoded.
    """

    max_bytes: int = DEFAULT_MAX_BYTES
    max_seconds: float = DEFAULT_MAX_SECONDS
    preroll_seconds: float = 0.0
    bytes: int = 0
    _gops: deque[_Gop] = field(default_factory=deque)

    def append(self, packet: Packet) -> None:
        """Add the newest packet. Constant time."""
        if packet.keyframe:
            self._start_gop(packet)
            return
        if not self._gops:
            return
        gop = self._gops[-1]
        if gop.truncated:
            return
        size = len(packet.data)
        gop.packets.append(packet)
        gop.bytes += size
        self.bytes += size
        if self.bytes > self.max_bytes or packet.received_at - gop.packets[0].received_at > self.max_seconds:
            self._shrink(gop, packet.received_at)

    def newest_keyframe(self) -> Packet | None:
        return self._gops[-1].packets[0] if self._gops else None

    def gop(self) -> list[Packet]:
        """The newest keyframe and all that is kept after it, in decode order."""
        return self._gops[-1].packets.copy() if self._gops else []

    def keyframe_arrival(self) -> float | None:
        """When the newest keyframe came, in monotonic seconds.

        Packets that one read brought bear its time, which is when the last of them came: the media times
        tell how long before that the keyframe was here. A sender that catches up makes it seem earlier than
        it was, by `MAX_READ_SECONDS` at most.
        """
        if not self._gops:
            return None
        first, *rest = self._gops[-1].packets
        last = first
        for packet in rest:
            if packet.received_at != first.received_at:
                break
            last = packet
        return first.received_at - min((last.dts_ms - first.dts_ms) / 1000, MAX_READ_SECONDS)

    def packets(self) -> list[Packet]:
        """Everything kept, older GOPs of the pre-roll first."""
        return [packet for gop in self._gops for packet in gop.packets]

    def clear(self) -> None:
        """Forget everything: after a new sequence header, older packets cannot be decoded."""
        self._gops.clear()
        self.bytes = 0

    def age(self, now: float) -> float | None:
        """Seconds since the newest kept packet was received, or None when there is none."""
        return now - self._gops[-1].packets[-1].received_at if self._gops else None

    @property
    def truncated(self) -> bool:
        """Whether packets after the newest keyframe were dropped: an exact picture is then the keyframe."""
        return bool(self._gops) and self._gops[-1].truncated

    def _start_gop(self, packet: Packet) -> None:
        size = len(packet.data)
        self._gops.append(_Gop([packet], size))
        self.bytes += size
        self._drop_old(packet.received_at)

    def _shrink(self, newest: _Gop, now: float) -> None:
        self._drop_old(now)
        too_old = now - newest.packets[0].received_at > self.max_seconds
        if too_old or newest.bytes > self.max_bytes:
            dropped = newest.bytes - len(newest.packets[0].data)
            del newest.packets[1:]
            newest.bytes -= dropped
            self.bytes -= dropped
            newest.truncated = True

    def _drop_old(self, now: float) -> None:
        # The second GOP's keyframe tells how far back we reach without the first one.
        while len(self._gops) > 1 and (
            self.bytes > self.max_bytes or now - self._gops[1].packets[0].received_at >= self.preroll_seconds
        ):
            self.bytes -= self._gops.popleft().bytes
