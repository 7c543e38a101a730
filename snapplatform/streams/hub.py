"""Live streams of this process: one ring for all readers and players. No database, all on the loop."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from snapplatform import clock
from snapplatform.media.codec import BadCodecConfig, CodecConfig, CodecInfo, PictureTooLarge
from snapplatform.media.ring import GopRing, Packet
from snapplatform.rtmp import flv
from snapplatform.rtmp.interface import Player
from snapplatform.rtmp.messages import AUDIO, DATA, VIDEO
from snapplatform.streams.live import Held

# A stream whose newest keyframe is older than this shows no picture worth taking as "now".
STALE_SECONDS = 15.0


Moment = tuple[float, int]  # names a packet of one stream: when it was received, and its decoding time


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame that can be decoded: how, and the packets from a keyframe to the frame's own."""

    config: CodecConfig
    packets: list[Packet]

    @property
    def packet(self) -> Packet:
        """The frame's own packet, with its times."""
        return self.packets[-1]

    @property
    def moment(self) -> Moment:
        return self.packet.received_at, self.packet.dts_ms


class Watcher(Protocol):
    """Somebody who wants to know when a keyframe came, and when the stream ended."""

    def on_keyframe(self, packet: Packet) -> None: ...

    def on_end(self, reason: str) -> None: ...


class LiveStream:
    """One publication: an rtmp Sink that fills a ring, tells watchers and feeds players."""

    def __init__(self, held: Held, *, ring_bytes: int, on_close: Callable[["LiveStream", str], None]) -> None:
        self.held = held
        self.ring = GopRing(max_bytes=ring_bytes, preroll_seconds=held.preroll_seconds)
        self.config: CodecConfig | None = None
        self.info: CodecInfo | None = None
        self.problem = "no video"  # why no picture can be taken; "" when one can
        self.audio_codec = ""
        self.started = self.touched = clock.monotonic()
        self.frames = self.bytes = 0
        self.keyframe_gap = 0.0
        self.last_keyframe: float | None = None
        self.watchers: set[Watcher] = set()
        self.taken: dict[UUID, Moment] = {}  # job -> the frame that it took last
        self.ended = False
        self._on_close = on_close
        self._players: dict[Player, bool] = {}  # player -> whether it waits for a keyframe
        self._headers: dict[int, bytes] = {}  # message kind -> sequence header or metadata, for new players

    # As a sink of rtmp.

    def metadata(self, payload: bytes) -> None:
        self._headers[DATA] = payload
        self._relay(DATA, 0, payload)

    def video(self, timestamp: int, payload: bytes) -> None:
        self.bytes += len(payload)
        now = self.touched = clock.monotonic()
        # Nearly every message is an H.264 inter frame: recognise it without building a tag.
        if len(payload) > 5 and payload[0] == 0x27 and payload[1] == 1:
            if self.config is not None:
                composition = int.from_bytes(payload[2:5], "big", signed=True)
                self._append(Packet(timestamp, composition, False, memoryview(payload)[5:], now))
        else:
            self._other_video(timestamp, payload)
        if self._players:
            self._relay(VIDEO, timestamp, payload)

    def audio(self, timestamp: int, payload: bytes) -> None:
        self.bytes += len(payload)
        self.touched = clock.monotonic()
        if not self.audio_codec or payload[1:2] == b"\0":
            tag = flv.parse_audio(payload)
            if tag is not None:
                self.audio_codec = tag.codec
                if tag.packet == flv.SEQUENCE_HEADER:
                    self._headers[AUDIO] = payload
        if self._players:
            self._relay(AUDIO, timestamp, payload)

    def close(self, reason: str) -> None:
        self.ended = True
        for player in list(self._players):
            player.end()
        self._players.clear()
        for watcher in list(self.watchers):
            watcher.on_end(reason)
        self.watchers.clear()
        self.ring.clear()
        self._on_close(self, reason)

    # For readers.

    def state(self, now: float) -> str:
        """Why no picture can be taken now, or ""."""
        if self.problem:
            return self.problem
        if self.last_keyframe is None:
            return "no keyframe yet"
        stale = max(STALE_SECONDS, 3 * self.keyframe_gap)
        return "no video" if now - self.last_keyframe > stale else ""

    def frame(self, *, exact: bool) -> Frame | None:
        """The newest frame (`exact`) or the newest keyframe; None when there is none that can be decoded."""
        keyframe = self.ring.newest_keyframe()
        if self.config is None or keyframe is None:
            return None
        if not exact:
            return Frame(self.config, [keyframe])
        packets = self.ring.gop()
        # Packets after the one shown last are B-frames shown before it.
        newest = max(range(len(packets)), key=lambda index: packets[index].pts_ms)
        return Frame(self.config, packets[: newest + 1])

    def attach(self, player: Player) -> None:
        """Feed a player, from the newest keyframe on."""
        for kind in (DATA, VIDEO, AUDIO):
            if kind in self._headers:
                player.send(kind, 0, self._headers[kind])
        sent = [player.send(VIDEO, packet.dts_ms, _message(packet)) for packet in self.ring.gop()]
        self._players[player] = not sent or not all(sent)

    def detach(self, player: Player) -> None:
        self._players.pop(player, None)

    @property
    def players(self) -> int:
        return len(self._players)

    # Inside.

    def _other_video(self, timestamp: int, payload: bytes) -> None:
        tag = flv.parse_video(payload)
        if tag is None:
            return
        if tag.packet == flv.SEQUENCE_HEADER:
            self._headers[VIDEO] = payload
            self._configure(tag.codec, payload[tag.data_at :])
        elif tag.packet == flv.FRAMES and self.config is not None:
            data = memoryview(payload)[tag.data_at :]
            packet = Packet(timestamp, tag.composition_ms, tag.is_keyframe, data, self.touched)
            self._append(packet)
        elif tag.packet == flv.FRAMES and self.config is None and not self._headers.get(VIDEO):
            self.problem = f"unsupported video codec {tag.codec or 'unknown'}"

    def _configure(self, codec: str, extradata: bytes) -> None:
        if self.config is not None and self.config.extradata == extradata and self.config.codec == codec:
            return  # encoders repeat the header; only another one makes older packets useless
        self.ring.clear()
        self.config, self.info = None, None
        if codec not in ("h264", "hevc"):
            self.problem = f"unsupported video codec {codec or 'unknown'}"
            return
        config = CodecConfig(codec, extradata)  # type: ignore[arg-type]  # narrowed by the test above
        try:
            self.info = config.info
        except (BadCodecConfig, PictureTooLarge) as error:
            self.problem = str(error)
            return
        self.config, self.problem = config, ""

    def _append(self, packet: Packet) -> None:
        self.frames += 1
        self.ring.append(packet)
        if packet.keyframe:
            if self.last_keyframe is not None:
                self.keyframe_gap = packet.received_at - self.last_keyframe
            self.last_keyframe = packet.received_at
            for watcher in list(self.watchers):
                watcher.on_keyframe(packet)

    def _relay(self, kind: int, timestamp: int, payload: bytes) -> None:
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


class Hub:
    """The live streams of this process, by account and name."""

    def __init__(self) -> None:
        self._by_name: dict[tuple[int, str], LiveStream] = {}

    def add(self, stream: LiveStream) -> None:
        self._by_name[stream.held.account_id, stream.held.name] = stream

    def remove(self, stream: LiveStream) -> None:
        key = (stream.held.account_id, stream.held.name)
        if self._by_name.get(key) is stream:
            del self._by_name[key]

    def find(self, account_id: int, name: str) -> LiveStream | None:
        return self._by_name.get((account_id, name))

    def streams(self) -> list[LiveStream]:
        return list(self._by_name.values())

    def by_id(self) -> dict[UUID, LiveStream]:
        return {stream.held.stream_id: stream for stream in self._by_name.values()}
