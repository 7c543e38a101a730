"""What the server needs from the hub of streams, and what it offers to it. All of it runs on the loop."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class StreamAddress:
    """Which stream a peer wants, from its connect and its publish or play command."""

    app: str  # first part of the path, "live"
    name: str  # without query; may contain "/" and ":"
    query: Mapping[str, str] = field(repr=False)  # holds keys: kept out of repr so that no log shows it
    peer: str  # IP address
    client: str  # what the peer calls itself, printable, or ""


class Refused(Exception):
    """The directory says no. `code` is an RTMP status code, `description` is shown to people."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(f"{code}: {description}")
        self.code = code
        self.description = description


class Sink(Protocol):
    """What a publication is written into. Synchronous: a call must not block the loop."""

    @property
    def patience(self) -> float:
        """Seconds that media may wait in the kernel, to be read together with what follows; asked again
        each `Limits.tick_seconds`. A quarter of the CPU of ingest goes at 0.02, half of it at 0.2."""
        ...

    def metadata(self, payload: bytes) -> None:
        """AMF0 of `"onMetaData"` and its object, to be kept and replayed to players."""

    def video(self, timestamp: int, payload: bytes) -> None:
        """`timestamp`: ms since the publisher's own zero, unwrapped; `payload`: FLV VIDEODATA body."""

    def audio(self, timestamp: int, payload: bytes) -> None:
        """As video(), with an FLV AUDIODATA body."""

    def close(self, reason: str) -> None:
        """Called exactly once; no other call follows."""


class Player(Protocol):
    """One playing peer, as the hub sees it."""

    def send(self, kind: int, timestamp: int, payload: bytes) -> bool:
        """Send one message (kind 8 audio, 9 video, 18 metadata as Sink.metadata got it).

        False: not sent, the peer is too far behind or has paused; skip until the next keyframe.
        """
        ...

    def end(self) -> None:
        """Tell the peer that the stream has ended."""


class Subscription(Protocol):
    """A player's place at the hub."""

    def close(self) -> None:
        """The player is gone. Called exactly once, also after Player.end()."""


class Directory(Protocol):
    """Decides who may publish and play what. Either call may raise Refused, and is cancelled when it takes
    longer than `Limits.answer_seconds`."""

    async def publish(self, address: StreamAddress, stop: Callable[[str], None]) -> Sink:
        """`stop(reason)` drops the publisher at any later time; its sink is closed with that reason."""
        ...

    async def play(self, address: StreamAddress, player: Player) -> Subscription:
        """`player.send` may be called at once, also before this returns."""
        ...
