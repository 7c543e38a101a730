"""What the cameras of the bench send: some seconds of a synthetic camera, encoded once, cut into a loop."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from snapplatform.media import synthetic
from snapplatform.media.codec import CodecConfig
from snapplatform.media.ring import Packet
from snapplatform.rtmp.messages import AUDIO, DATA, VIDEO

# The encoder's rate control has settled after one GOP: the first keyframe is a fraction of the later ones.
SETTLE_SECONDS = 2
LOOP_SECONDS = 8
_FLV_HEADER = 9 + 4
_TAG_HEADER = 11
_HEADER, _FRAME = 0, 1


@dataclass(frozen=True, slots=True)
class Message:
    """One FLV tag, which is one RTMP message. `time` is ms."""

    kind: int
    time: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Content:
    """`headers` (metadata and sequence headers) come once, the `loop` of `duration` ms then repeats."""

    name: str
    camera: synthetic.Camera
    headers: list[Message]
    loop: list[Message]
    duration: int

    @property
    def video(self) -> list[Message]:
        return [message for message in self.loop if message.kind == VIDEO]

    @property
    def bitrate(self) -> float:
        """Mb/s of video."""
        return sum(len(message.body) for message in self.video) * 8 / self.duration / 1000

    def keyframes(self) -> list[Packet]:
        return [
            Packet(message.time, 0, True, message.body[5:], 0.0)
            for message in self.video
            if message.body[0] >> 4 == 1
        ]

    def config(self) -> CodecConfig:
        header = next(message for message in self.headers if message.kind == VIDEO)
        return CodecConfig("h264", header.body[5:])

    def describe(self) -> str:
        keyframe = sum(len(packet.data) for packet in self.keyframes()) / len(self.keyframes()) / 1024
        return f"{self.name}: {self.bitrate:.2f} Mb/s of video, keyframes of {keyframe:.0f} KB"


CAMERAS = {
    "1080p30": synthetic.Camera(1920, 1080, fps=30, bitrate=4_000_000, noise=4, audio=True),
    "720p25": synthetic.Camera(1280, 720, fps=25, bitrate=2_000_000, noise=4, audio=True),
}


def load(name: str) -> Content:
    """The loop of one of CAMERAS, encoded when it isn't in the temporary folder yet."""
    camera = CAMERAS[name]
    folder = Path(tempfile.gettempdir()) / "snapplatform-bench"
    folder.mkdir(exist_ok=True)
    kind = (
        f"{camera.width}x{camera.height}-{camera.fps}-{camera.bitrate}-{camera.gop_seconds:g}-{camera.noise}"
    )
    path = folder / f"{kind}-{SETTLE_SECONDS}-{LOOP_SECONDS}.flv"
    if not path.exists():
        draft = path.with_suffix(".part")
        frames = (SETTLE_SECONDS + LOOP_SECONDS) * camera.fps
        synthetic.publish(str(draft), camera, frames=frames, realtime=False)
        draft.rename(path)
    return _cut(name, camera, tags(path.read_bytes()))


def tags(data: bytes) -> list[Message]:
    """The tags of an FLV file (Adobe Flash Video File Format 10.1, annex E.4)."""
    messages, at = [], _FLV_HEADER
    while at + _TAG_HEADER <= len(data):
        size = int.from_bytes(data[at + 1 : at + 4], "big")
        time = int.from_bytes(data[at + 4 : at + 7], "big") | data[at + 7] << 24
        body = data[at + _TAG_HEADER : at + _TAG_HEADER + size]
        messages.append(Message(data[at], time, body))
        at += _TAG_HEADER + size + 4
    return messages


def _cut(name: str, camera: synthetic.Camera, messages: list[Message]) -> Content:
    headers = [Message(m.kind, 0, m.body) for m in messages if m.kind == DATA or _packet(m) == _HEADER]
    frames = [m for m in messages if _packet(m) == _FRAME]
    # The encoder's first sound comes before the picture and moves all times a little.
    offset = next(m.time for m in frames if m.kind == VIDEO)
    start, duration = offset + SETTLE_SECONDS * 1000, LOOP_SECONDS * 1000
    loop = [Message(m.kind, m.time - start, m.body) for m in frames if start <= m.time < start + duration]
    first = next(message for message in loop if message.kind == VIDEO)
    assert first.time == 0 and first.body[0] >> 4 == 1, "the loop must begin with a keyframe"
    return Content(name, camera, headers, loop, duration)


def _packet(message: Message) -> int:
    """The packet type of AAC and AVC bodies: sequence header, frame or (only AVC) end; -1 for metadata."""
    return message.body[1] if message.kind in (AUDIO, VIDEO) else -1
