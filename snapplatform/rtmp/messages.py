"""Messages out: control messages, commands, and their chunks; and the reading of metadata."""

import struct

from snapplatform.rtmp import amf0
from snapplatform.rtmp.errors import ProtocolError

SET_CHUNK_SIZE, ABORT, ACKNOWLEDGEMENT, USER_CONTROL, WINDOW_SIZE, PEER_BANDWIDTH = 1, 2, 3, 4, 5, 6
AUDIO, VIDEO = 8, 9
DATA_AMF3, COMMAND_AMF3, DATA, COMMAND, AGGREGATE = 15, 17, 18, 20, 22
STREAM_BEGIN, STREAM_EOF, BUFFER_LENGTH, PING_REQUEST, PING_RESPONSE = 0, 1, 3, 6, 7

CONTROL_CHUNK_STREAM = 2  # fixed by the specification
COMMAND_CHUNK_STREAM, DATA_CHUNK_STREAM, AUDIO_CHUNK_STREAM, VIDEO_CHUNK_STREAM = 3, 5, 4, 6
CHUNK_SIZE = 65536  # what we announce: nearly every message in one piece

EXTENDED = 0xFFFFFF  # a 24-bit time of this value says that the real one follows in 32 bits
_HEADER = struct.Struct(">BHBHBB")  # basic header, time 16+8 bits, length 16+8 bits, kind
EVENT = struct.Struct(">HI")  # user control: what, and a stream id or a time
_U32 = struct.Struct(">I")
_U32_LITTLE = struct.Struct("<I")


def encode_message(
    chunk_stream: int, kind: int, timestamp: int, stream_id: int, payload: bytes, chunk_size: int = CHUNK_SIZE
) -> bytes:
    """One whole message with a full header, cut into chunks. `chunk_stream` is 2..63, `timestamp` any int."""
    timestamp &= 0xFFFFFFFF
    size = len(payload)
    field = min(timestamp, EXTENDED)
    extended = _U32.pack(timestamp) if field == EXTENDED else b""
    header = _HEADER.pack(chunk_stream, field >> 8, field & 0xFF, size >> 8, size & 0xFF, kind)
    start = header + _U32_LITTLE.pack(stream_id) + extended
    if size <= chunk_size:
        return start + payload
    between = bytes((chunk_stream | 0xC0,)) + extended
    return start + between.join(payload[at : at + chunk_size] for at in range(0, size, chunk_size))


def control(kind: int, value: int) -> bytes:
    """A protocol control message of one 32-bit value: chunk size, window, acknowledgement."""
    return encode_message(CONTROL_CHUNK_STREAM, kind, 0, 0, _U32.pack(value & 0xFFFFFFFF))


def peer_bandwidth(window: int) -> bytes:
    """Set Peer Bandwidth with the limit type "dynamic"."""
    return encode_message(CONTROL_CHUNK_STREAM, PEER_BANDWIDTH, 0, 0, _U32.pack(window) + b"\x02")


def user_control(event: int, value: int) -> bytes:
    """A user control message about a stream id, or a ping with its time."""
    body = EVENT.pack(event, value & 0xFFFFFFFF)
    return encode_message(CONTROL_CHUNK_STREAM, USER_CONTROL, 0, 0, body)


def buffer_length(stream_id: int, milliseconds: int) -> bytes:
    """A user control message: how much the client wants to hold of a stream."""
    body = EVENT.pack(BUFFER_LENGTH, stream_id) + _U32.pack(milliseconds)
    return encode_message(CONTROL_CHUNK_STREAM, USER_CONTROL, 0, 0, body)


def command(name: str, transaction: float, *values: object, stream_id: int = 0) -> bytes:
    """An AMF0 command message."""
    body = amf0.encode_all(name, transaction, *values)
    return encode_message(COMMAND_CHUNK_STREAM, COMMAND, 0, stream_id, body)


def status(code: str, description: str, *, stream_id: int, level: str = "status") -> bytes:
    """An onStatus command, the server's word about a stream."""
    about = {"level": level, "code": code, "description": description}
    return command("onStatus", 0, None, about, stream_id=stream_id)


def media(kind: int, timestamp: int, stream_id: int, payload: bytes) -> bytes:
    """An audio, video or data message on the chunk stream that is usual for its kind."""
    chunk_stream = {AUDIO: AUDIO_CHUNK_STREAM, VIDEO: VIDEO_CHUNK_STREAM}.get(kind, DATA_CHUNK_STREAM)
    return encode_message(chunk_stream, kind, timestamp, stream_id, payload)


def decode_metadata(payload: bytes) -> dict[str, object]:
    """The object of an onMetaData body as Sink.metadata gets it; {} when it holds none. ProtocolError when
    it is malformed."""
    values = amf0.decode_all(payload)
    return next((dict(value) for value in values if isinstance(value, dict)), {})


def metadata_of(payload: bytes) -> bytes | None:
    """The onMetaData body inside a data message, with or without @setDataFrame before it; else None."""
    for before in (amf0.encode_all("@setDataFrame"), b""):
        body = payload.removeprefix(before)
        if payload.startswith(before) and body.startswith(_ON_METADATA):
            try:
                amf0.decode_all(body)
            except ProtocolError:
                return None
            return body
    return None


_ON_METADATA = amf0.encode_all("onMetaData")
