"""The first bytes of FLV VIDEODATA and AUDIODATA bodies (Adobe Flash Video File Format 10.1, annex E.4),
with the FourCC form of Enhanced RTMP."""

from dataclasses import dataclass

KEYFRAME, INTER_FRAME, DISPOSABLE = 1, 2, 3
SEQUENCE_HEADER, FRAMES, END_OF_SEQUENCE, OTHER = 0, 1, 2, 5

_VIDEO_CODECS = {2: "h263", 3: "screen", 4: "vp6", 5: "vp6a", 6: "screen2", 7: "h264", 12: "hevc"}
_AUDIO_CODECS = {0: "pcm", 1: "adpcm", 2: "mp3", 3: "pcm", 7: "alaw", 8: "ulaw", 10: "aac", 11: "speex"}
_FOURCC = {b"avc1": "h264", b"hvc1": "hevc", b"av01": "av1", b"vp09": "vp9", b"vp08": "vp8"}
_WITH_PACKET_TYPE = (7, 12)
_EX_SEQUENCE_HEADER, _EX_FRAMES, _EX_END, _EX_FRAMES_X = 0, 1, 2, 3


@dataclass(frozen=True, slots=True)
class VideoTag:
    """`packet` is SEQUENCE_HEADER, FRAMES, END_OF_SEQUENCE or OTHER; the codec's bytes start at `data_at`."""

    codec: str  # "" if unknown
    frame: int  # KEYFRAME, INTER_FRAME, ...
    packet: int
    composition_ms: int  # presentation time minus the message's time
    data_at: int

    @property
    def is_keyframe(self) -> bool:
        """Whether a decoder can start here."""
        return self.frame == KEYFRAME and self.packet == FRAMES


@dataclass(frozen=True, slots=True)
class AudioTag:
    """`packet` is SEQUENCE_HEADER or FRAMES."""

    codec: str
    packet: int
    data_at: int


def parse_video(payload: bytes) -> VideoTag | None:
    """None for a body that is too short to be one."""
    if not payload:
        return None
    first = payload[0]
    if first & 0x80:
        return _parse_enhanced(payload, first)
    number = first & 15
    codec = _VIDEO_CODECS.get(number, "")
    if number not in _WITH_PACKET_TYPE:
        return VideoTag(codec, first >> 4, FRAMES, 0, 1)
    if len(payload) < 5:
        return None
    packet = payload[1] if payload[1] <= END_OF_SEQUENCE else OTHER
    composition = _signed24(payload, 2) if packet == FRAMES else 0
    return VideoTag(codec, first >> 4, packet, composition, 5)


def _parse_enhanced(payload: bytes, first: int) -> VideoTag | None:
    kind = first & 15
    codec = _FOURCC.get(payload[1:5], "")
    frame = first >> 4 & 7
    timed = kind == _EX_FRAMES and codec in ("h264", "hevc")
    data_at = 8 if timed else 5
    if len(payload) < data_at:
        return None
    if kind in (_EX_FRAMES, _EX_FRAMES_X):
        return VideoTag(codec, frame, FRAMES, _signed24(payload, 5) if timed else 0, data_at)
    packet = {_EX_SEQUENCE_HEADER: SEQUENCE_HEADER, _EX_END: END_OF_SEQUENCE}.get(kind, OTHER)
    return VideoTag(codec, frame, packet, 0, data_at)


def parse_audio(payload: bytes) -> AudioTag | None:
    """None for a body that is too short to be one."""
    if not payload:
        return None
    number = payload[0] >> 4
    codec = _AUDIO_CODECS.get(number, "")
    if number != 10:
        return AudioTag(codec, FRAMES, 1)
    if len(payload) < 2:
        return None
    return AudioTag(codec, FRAMES if payload[1] else SEQUENCE_HEADER, 2)


def _signed24(payload: bytes, at: int) -> int:
    return int.from_bytes(payload[at : at + 3], "big", signed=True)


def header(codec: str, extradata: bytes) -> bytes:
    """The body of a sequence header. Of h264 `extradata` is an avcC, of hevc an hvcC."""
    if codec == "h264":
        return b"\x17\x00\x00\x00\x00" + extradata
    return bytes((0x80 | KEYFRAME << 4 | _EX_SEQUENCE_HEADER,)) + b"hvc1" + extradata


def frame(codec: str, data: bytes, *, keyframe: bool, composition_ms: int) -> bytes:
    """The body of one frame of h264 or hevc: NAL units, each after its length in four bytes."""
    kind = KEYFRAME if keyframe else INTER_FRAME
    composition = max(-(1 << 23), min(composition_ms, (1 << 23) - 1)).to_bytes(3, "big", signed=True)
    if codec == "h264":
        return bytes((kind << 4 | 7, 1)) + composition + data
    return bytes((0x80 | kind << 4 | _EX_FRAMES,)) + b"hvc1" + composition + data
