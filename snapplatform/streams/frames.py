"""What readers of a live stream get from it."""

from dataclasses import dataclass
from typing import Protocol

from snapplatform.media.codec import CodecConfig
from snapplatform.media.ring import Packet

Moment = tuple[float, int]  # names a packet of one stream: when it was received, and its decoding time


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame that can be decoded: how, and the packets from a keyframe to the frame's own."""

    config: CodecConfig
    packets: list[Packet]
    arrived_at: float  # monotonic seconds: when the frame was here, as well as can be told

    @property
    def packet(self) -> Packet:
        """The frame's own packet, with its times."""
        return self.packets[-1]

    @property
    def moment(self) -> Moment:
        return self.packet.received_at, self.packet.dts_ms


class Watcher(Protocol):
    """Somebody who wants to know when a keyframe came, and when the stream ended."""

    @property
    def hurried(self) -> bool:
        """Whether every frame is wanted as soon as it is here."""
        ...

    def on_keyframe(self, packet: Packet) -> None: ...

    def on_end(self, reason: str) -> None: ...
