"""Bytes of RTMP clients for tests, written from the protocol's public rules."""

import random
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from snapplatform.rtmp import amf0, messages

HANDSHAKE = bytes((3,)) + bytes(8) + random.Random(1).randbytes(1528) + bytes(1536)
METADATA = amf0.encode_all("onMetaData", amf0.EcmaArray({"width": 1920.0, "encoder": "test"}))
AVC_HEADER = b"\x17\x00\x00\x00\x00" + b"sps and pps"
AAC_HEADER = b"\xaf\x00\x12\x10"


def keyframe(size: int) -> bytes:
    """A VIDEODATA body of that size which says keyframe."""
    return b"\x17\x01\x00\x00\x00" + random.Random(size).randbytes(size - 5)


def frame(size: int) -> bytes:
    """A VIDEODATA body of that size which says inter frame."""
    return b"\x27\x01\x00\x00\x00" + random.Random(size).randbytes(size - 5)


@dataclass
class Writer:
    """Messages to chunks as a client does it, with the chunk size it has announced."""

    chunk_size: int = 128

    def set_chunk_size(self, size: int) -> bytes:
        data = self.message(2, 1, 0, 0, struct.pack(">I", size))
        self.chunk_size = size
        return data

    def message(self, chunk_stream: int, kind: int, timestamp: int, stream_id: int, payload: bytes) -> bytes:
        return messages.encode_message(chunk_stream, kind, timestamp, stream_id, payload, self.chunk_size)

    def command(self, *values: object, stream_id: int = 0) -> bytes:
        return self.message(3, 20, 0, stream_id, amf0.encode_all(*values))

    def connect(self, app: str = "live", tc_url: str = "rtmp://127.0.0.1/live") -> bytes:
        about = {"app": app, "type": "nonprivate", "flashVer": "FMLE/3.0 (test)", "tcUrl": tc_url}
        return self.command("connect", 1.0, about)

    def publish(self, name: str = "cam") -> bytes:
        """What an encoder says after its connect was answered."""
        return (
            self.command("releaseStream", 2.0, None, name)
            + self.command("FCPublish", 3.0, None, name)
            + self.command("createStream", 4.0, None)
            + self.command("publish", 5.0, None, name, "live", stream_id=1)
        )

    def play(self, name: str = "cam") -> bytes:
        return self.command("createStream", 2.0, None) + self.command(
            "play", 3.0, None, name, -2000.0, stream_id=1
        )

    def metadata(self) -> bytes:
        return self.message(4, 18, 0, 1, amf0.encode_all("@setDataFrame") + METADATA)

    def media(self, parts: Iterable[tuple[int, int, bytes]]) -> bytes:
        return b"".join(
            self.message(4 if kind == 8 else 6, kind, time, 1, body) for kind, time, body in parts
        )


def some_media(frames: int = 4) -> list[tuple[int, int, bytes]]:
    """Sequence headers, then a keyframe, inter frames and sound."""
    parts = [(9, 0, AVC_HEADER), (8, 0, AAC_HEADER)]
    for number in range(frames):
        parts.append((9, number * 33, keyframe(3000) if number == 0 else frame(700 + number)))
        parts.append((8, number * 33 + 5, b"\xaf\x01" + bytes(range(200))))
    return parts


def encoder_session(chunk_size: int = 4096, name: str = "cam", app: str = "live") -> bytes:
    """A whole session with metadata and media, the way OBS orders it."""
    writer = Writer()
    return (
        HANDSHAKE
        + writer.connect(app, f"rtmp://127.0.0.1/{app}")
        + writer.set_chunk_size(chunk_size)
        + writer.publish(name)
        + writer.metadata()
        + writer.media(some_media())
        + writer.command("FCUnpublish", 6.0, None, name)
        + writer.command("deleteStream", 7.0, None, 1.0)
    )


def answers(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Kind and payload of each message in what the server sent (S0, S1, S2 first)."""
    from snapplatform.rtmp.chunk_reader import ChunkReader
    from snapplatform.rtmp.limits import Limits

    found: list[tuple[int, bytes]] = []
    reader = ChunkReader(lambda kind, time, stream, body: found.append((kind, body)), Limits())
    reader.message_bytes = reader.partial_bytes = 1 << 24
    body = data[1 + 2 * 1536 :]
    reader.feed(body, 0, len(body))
    return iter(found)


def statuses(data: bytes) -> list[str]:
    """The codes of every onStatus in what the server sent."""
    codes = []
    for kind, body in answers(data):
        if kind == 20:
            values = amf0.decode_all(body)
            if values[0] == "onStatus" and isinstance(values[3], dict):
                codes.append(str(values[3]["code"]))
    return codes
