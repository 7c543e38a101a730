"""One live stream of this process: a ring for all readers and players. No database, all on the loop."""

import logging
from collections.abc import Callable
from typing import cast, get_args
from uuid import UUID

from snapplatform import clock
from snapplatform.media.codec import (
    BadCodecConfig,
    CodecConfig,
    CodecInfo,
    CodecName,
    PictureTooLarge,
    sized,
)
from snapplatform.media.ring import GopRing, Packet
from snapplatform.rtmp import flv
from snapplatform.rtmp.messages import AUDIO, DATA, VIDEO
from snapplatform.streams.audience import Audience
from snapplatform.streams.frames import Frame, Moment, Watcher
from snapplatform.streams.live import Held
from snapplatform.streams.quarantine import Quarantine

log = logging.getLogger("snapplatform.streams")

QUARANTINED = "quarantined"
RESTING = "between pictures"  # of a pulled stream that is left until somebody wants a frame: no trouble
DECODABLE: frozenset[str] = frozenset(get_args(CodecName))
# A stream without a frame for this long shows nothing that could be taken as "now".
STALE_SECONDS = 10.0
# How long media may wait to be read with what follows: while somebody watches, what no eye or ear finds; else
# what no picture shows, whose frame is a keyframe that came up to a GOP ago.
HURRIED_SECONDS = 0.02
PATIENT_SECONDS = 0.2


class LiveStream:
    """One publication, or one pulled stream whose connections come and go: an rtmp Sink that fills a ring,
    tells watchers and feeds players."""

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
        self._keyframe_dts = 0
        self._last_frame = self.started
        self._last_dts = self._shift = 0
        self.watchers: set[Watcher] = set()
        self.taken: dict[UUID, Moment] = {}  # job -> the frame that it took last
        self.ended = False
        self._on_close = on_close
        self.on_ask: Callable[[], None] | None = None  # whoever pulls it is told that a frame is wanted
        self.audience = Audience(self.ring)
        self.quarantine = Quarantine()

    # As a sink of rtmp.

    @property
    def patience(self) -> float:
        hurried = bool(self.audience) or any(watcher.hurried for watcher in self.watchers)
        return HURRIED_SECONDS if hurried else PATIENT_SECONDS

    def metadata(self, payload: bytes) -> None:
        self.audience.keep(DATA, payload)
        self.audience.relay(DATA, 0, payload)

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
        if self.audience:
            self.audience.relay(VIDEO, timestamp + self._shift, payload)

    def audio(self, timestamp: int, payload: bytes) -> None:
        self.bytes += len(payload)
        self.touched = clock.monotonic()
        if not self.audio_codec or payload[1:2] == b"\0":
            tag = flv.parse_audio(payload)
            if tag is not None:
                self.audio_codec = tag.codec
                if tag.packet == flv.SEQUENCE_HEADER:
                    self.audience.keep(AUDIO, payload)
        if self.audience:
            self.audience.relay(AUDIO, timestamp + self._shift, payload)

    def pause(self, problem: str) -> None:
        """The source is away, for a reason that readers are told; what comes next begins a new GOP."""
        self.problem = problem
        self.last_keyframe = None
        self.ring.clear()
        self.audience.end()

    def close(self, reason: str) -> None:
        self.ended = True
        self.audience.end()
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
        if self.quarantine.holds(now):
            return QUARANTINED
        if self.last_keyframe is None:
            return "no keyframe yet"
        return "no video" if now - self._last_frame > STALE_SECONDS else ""

    @property
    def resting(self) -> bool:
        return self.problem == RESTING

    def ask(self) -> None:
        """Somebody waits for a frame."""
        if self.on_ask is not None:
            self.on_ask()

    def frame(self, *, exact: bool) -> Frame | None:
        """The newest frame (`exact`) or the newest keyframe; None when there is none that can be decoded."""
        keyframe, arrived_at = self.ring.newest_keyframe(), self.ring.keyframe_arrival()
        if self.config is None or keyframe is None or arrived_at is None:
            return None
        if not exact:
            return Frame(self.config, [keyframe], arrived_at)
        packets = self.ring.gop()
        # Packets after the one shown last are B-frames shown before it.
        newest = max(range(len(packets)), key=lambda index: packets[index].pts_ms)
        return Frame(self.config, packets[: newest + 1], packets[newest].received_at)

    # Inside.

    def _other_video(self, timestamp: int, payload: bytes) -> None:
        tag = flv.parse_video(payload)
        if tag is None:
            return
        if tag.packet == flv.SEQUENCE_HEADER:
            self.audience.keep(VIDEO, payload)
            self._configure(tag.codec, payload[tag.data_at :])
        elif tag.packet == flv.FRAMES and self.config is not None:
            data = memoryview(payload)[tag.data_at :]
            packet = Packet(timestamp, tag.composition_ms, tag.is_keyframe, data, self.touched)
            self._append(packet)
        elif tag.packet == flv.FRAMES and self.config is None and tag.codec not in DECODABLE:
            self.problem = f"unsupported video codec {tag.codec or 'unknown'}"

    def _configure(self, codec: str, extradata: bytes) -> None:
        if self.config is not None and self.config.extradata == extradata and self.config.codec == codec:
            self.problem = ""
            return  # encoders repeat the header; only another one makes older packets useless
        self.ring.clear()
        self.config, self.info = None, None
        if codec not in DECODABLE:
            self.problem = f"unsupported video codec {codec or 'unknown'}"
            return
        config = CodecConfig(cast(CodecName, codec), extradata)
        try:
            self.info = config.info
        except (BadCodecConfig, PictureTooLarge) as error:
            # A closed set of words: they are counted and shown, and the sender chose the details.
            self.problem = (
                "picture too large" if isinstance(error, PictureTooLarge) else "damaged video header"
            )
            log.warning("stream %s: %s", self.held.name, error)
            return
        self.config, self.problem = config, ""

    def _append(self, packet: Packet) -> None:
        self.frames += 1
        self._last_frame = packet.received_at
        if packet.dts_ms + self._shift < self._last_dts:
            # An encoder whose clock jumped back: frames are ordered by time, so theirs must go on.
            self._shift = self._last_dts + 1 - packet.dts_ms
        packet.dts_ms = self._last_dts = packet.dts_ms + self._shift
        self.ring.append(packet)
        if packet.keyframe:
            if self.last_keyframe is not None:
                self.keyframe_gap = (packet.dts_ms - self._keyframe_dts) / 1000
            self.last_keyframe, self._keyframe_dts = packet.received_at, packet.dts_ms
            if self.config and self.info:
                self.info = sized(self.info, self.config.codec, packet.data)
            for watcher in list(self.watchers):
                watcher.on_keyframe(packet)
