"""A small directory for tests: one newest GOP per name, relayed to players."""

from collections.abc import Callable
from dataclasses import dataclass, field

from snapplatform.rtmp import Player, Refused, StreamAddress, flv

AUDIO, VIDEO, METADATA = 8, 9, 18
Message = tuple[int, int, bytes]


@dataclass
class Live:
    """The sink of one publication."""

    address: StreamAddress
    stop: Callable[[str], None]
    headers: dict[int, Message] = field(default_factory=dict)
    gop: list[Message] = field(default_factory=list)
    players: list[Player] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    patience: float = 0.02

    def metadata(self, payload: bytes) -> None:
        self.headers[METADATA] = (METADATA, 0, payload)
        self.take(METADATA, 0, payload)

    def video(self, timestamp: int, payload: bytes) -> None:
        tag = flv.parse_video(payload)
        assert tag is not None
        if tag.packet == flv.SEQUENCE_HEADER:
            self.headers[VIDEO] = (VIDEO, timestamp, payload)
        elif tag.is_keyframe:
            self.gop.clear()
        self.take(VIDEO, timestamp, payload)
        if tag.packet == flv.FRAMES:
            self.gop.append((VIDEO, timestamp, payload))

    def audio(self, timestamp: int, payload: bytes) -> None:
        tag = flv.parse_audio(payload)
        if tag is not None and tag.packet == flv.SEQUENCE_HEADER:
            self.headers[AUDIO] = (AUDIO, timestamp, payload)
        elif self.gop:
            self.gop.append((AUDIO, timestamp, payload))
        self.take(AUDIO, timestamp, payload)

    def take(self, kind: int, timestamp: int, payload: bytes) -> None:
        assert not self.closed
        self.messages.append((kind, timestamp, payload))
        for player in self.players:
            player.send(kind, timestamp, payload)

    def close(self, reason: str) -> None:
        self.closed.append(reason)
        for player in self.players:
            player.end()


@dataclass
class Watching:
    """The subscription of one player."""

    live: Live
    player: Player
    closed: int = 0

    def close(self) -> None:
        self.closed += 1
        self.live.players.remove(self.player)


@dataclass
class Relay:
    """The directory. `key`, if set, must be in the query."""

    key: str = ""
    lives: dict[str, Live] = field(default_factory=dict)
    all: list[Live] = field(default_factory=list)
    watchers: list[Watching] = field(default_factory=list)
    asked: list[StreamAddress] = field(default_factory=list)

    def has_lives(self, count: int) -> bool:
        return len(self.all) == count

    def has_messages(self, count: int) -> bool:
        return len(self.all[0].messages) == count

    async def publish(self, address: StreamAddress, stop: Callable[[str], None]) -> Live:
        self.asked.append(address)
        if self.key and address.query.get("key") != self.key:
            raise Refused("NetStream.Publish.Unauthorized", "No such stream key.")
        current = self.lives.get(address.name)
        if current is not None and not current.closed:
            raise Refused("NetStream.Publish.BadName", f"{address.name} is published already.")
        self.lives[address.name] = Live(address, stop)
        self.all.append(self.lives[address.name])
        return self.lives[address.name]

    async def play(self, address: StreamAddress, player: Player) -> Watching:
        self.asked.append(address)
        live = self.lives.get(address.name)
        if live is None or live.closed:
            raise Refused("NetStream.Play.StreamNotFound", f"{address.name} is not published.")
        for message in [*live.headers.values(), *live.gop]:
            player.send(*message)
        live.players.append(player)
        self.watchers.append(Watching(live, player))
        return self.watchers[-1]
