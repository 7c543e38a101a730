"""The players of one stream: each starts at the newest keyframe; one that falls behind waits for the next."""

from snapplatform.media.ring import GopRing, Packet
from snapplatform.rtmp import flv
from snapplatform.rtmp.interface import Player
from snapplatform.rtmp.messages import AUDIO, DATA, VIDEO


class Audience:
    """Feeds players what the publisher sends. False when there is none."""

    def __init__(self, ring: GopRing) -> None:
        self._ring = ring
        self._players: dict[Player, bool] = {}  # player -> whether it waits for a keyframe
        self._headers: dict[int, bytes] = {}  # message kind -> sequence header or metadata, for new players

    def __len__(self) -> int:
        return len(self._players)

    def keep(self, kind: int, payload: bytes) -> None:
        """A header that every player needs first."""
        self._headers[kind] = payload

    def attach(self, player: Player) -> None:
        """Feed a player, from the newest keyframe on."""
        for kind in (DATA, VIDEO, AUDIO):
            if kind in self._headers:
                player.send(kind, 0, self._headers[kind])
        sent = [player.send(VIDEO, packet.dts_ms, _message(packet)) for packet in self._ring.gop()]
        self._players[player] = not sent or not all(sent)

    def detach(self, player: Player) -> None:
        self._players.pop(player, None)

    def end(self) -> None:
        for player in list(self._players):
            player.end()
        self._players.clear()

    def relay(self, kind: int, timestamp: int, payload: bytes) -> None:
        """Send one message to all that can take it."""
        for player, waits in list(self._players.items()):
            if waits and kind == VIDEO:
                tag = flv.parse_video(payload)
                waits = tag is None or not (tag.is_keyframe or tag.packet == flv.SEQUENCE_HEADER)
                if waits:
                    continue
            sent = player.send(kind, timestamp, payload)
            if kind == VIDEO and player in self._players:
                self._players[player] = not sent


def _message(packet: Packet) -> bytes:
    """The whole FLV body that a packet's data is a view of."""
    whole = packet.data.obj if isinstance(packet.data, memoryview) else packet.data
    return bytes(whole)
