"""A publisher's side of RTMP: its commands, and a loop of media as ready bytes with relative times.

Media goes out as ffmpeg sends it, in chunks with format 1 headers, whose times are steps from the message
before: so the bytes of a loop are the same in each round, and time runs on over its seam.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from bench.content import Content, Message
from snapplatform.rtmp import amf0, messages
from snapplatform.rtmp.messages import AUDIO, DATA, VIDEO

HANDSHAKE_BYTES = 1536
_CHUNK_STREAMS = {AUDIO: 4, VIDEO: 6, DATA: 5}
_FORMAT_1 = 0x40
_FORMAT_3 = 0xC0
_U32_LITTLE = struct.Struct("<I")


@dataclass(frozen=True, slots=True)
class Step:
    """One message, sent at `time` (ms in the loop): a piece of the bytes. Encoders send sound apart too."""

    time: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Reel:
    """A loop, ready to be sent."""

    headers: bytes
    data: memoryview
    steps: list[Step]
    duration: int


def reel(content: Content, chunk_size: int, stream_id: int = 1) -> Reel:
    """The content in chunks of this size."""
    headers = b"".join(
        messages.encode_message(_CHUNK_STREAMS[m.kind], m.kind, 0, stream_id, _data_body(m), chunk_size)
        for m in content.headers
    )
    last = {
        kind: max(m.time for m in content.loop if m.kind == kind) - content.duration
        for kind in (AUDIO, VIDEO)
    }
    data, steps = bytearray(), []
    for message in content.loop:
        start = len(data)
        data += _chunks(message, message.time - last[message.kind], chunk_size)
        last[message.kind] = message.time
        steps.append(Step(message.time, start, len(data)))
    return Reel(headers, memoryview(bytes(data)), steps, content.duration)


def _data_body(message: Message) -> bytes:
    """Metadata goes out with the word that asks the server to keep it."""
    return amf0.encode_all("@setDataFrame") + message.body if message.kind == DATA else message.body


def _chunks(message: Message, step: int, chunk_size: int) -> bytes:
    number, size = _CHUNK_STREAMS[message.kind], len(message.body)
    header = (
        bytes((_FORMAT_1 | number,))
        + step.to_bytes(3, "big")
        + size.to_bytes(3, "big")
        + bytes((message.kind,))
    )
    between = bytes((_FORMAT_3 | number,))
    return header + between.join(message.body[at : at + chunk_size] for at in range(0, size, chunk_size))


def connect(port: int) -> bytes:
    """The first command, in the protocol's first chunk size."""
    about = {
        "app": "live",
        "type": "nonprivate",
        "flashVer": "bench",
        "tcUrl": f"rtmp://127.0.0.1:{port}/live",
    }
    body = amf0.encode_all("connect", 1, about)
    return messages.encode_message(3, messages.COMMAND, 0, 0, body, 128)


def announce(name: str, chunk_size: int) -> bytes:
    """After connect's answer: our chunk size, and a stream for `name`."""
    return (
        messages.control(messages.SET_CHUNK_SIZE, chunk_size)
        + messages.command("releaseStream", 2, None, name)
        + messages.command("FCPublish", 3, None, name)
        + messages.command("createStream", 4, None)
    )


def publish(name: str, stream_id: int) -> bytes:
    return messages.command("publish", 5, None, name, "live", stream_id=stream_id)
