"""Messages on a stream's own socket between the node and the child that reads it: kind, length, payload.

The child reads strangers' bytes, so the node takes what it says as a stranger's too: each field is checked.
"""

import json
import struct
from dataclasses import asdict, dataclass, field
from typing import Any

from snapplatform.net.ending import EndKind, PullEnd

from ..codec import MAX_EXTRADATA
from .limits import KIB

HEAD = struct.Struct(">BI")
TIMES = struct.Struct(">qqB")  # pts, dts, keyframe
COUNT = struct.Struct(">Q")
CODECS = ("h264", "hevc")

# Child to node.
ASK, OPENED, CONFIG, UNIT, BYTES, END = range(1, 7)
# Node to child.
OPEN, ANSWER = range(11, 13)

_SMALL = 32 * KIB
_LARGEST = {
    ASK: 8 * KIB,
    OPENED: 16,
    CONFIG: 1 + MAX_EXTRADATA,
    BYTES: COUNT.size,
    END: _SMALL,
    OPEN: _SMALL,
    ANSWER: _SMALL,
}
_LONGEST_DETAIL = 200


class WireError(Exception):
    """The other side does not speak this protocol."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a child is to read. `addresses` are checked ones, of the URL's host."""

    url: str = field(repr=False)  # without user and password
    user: str | None = field(repr=False)
    password: str | None = field(repr=False)
    addresses: list[str]
    until_keyframe: bool
    keyframes_only: bool
    silence_seconds: float
    unit_bytes: int
    redirects: int


def pack(kind: int, payload: bytes) -> bytes:
    return HEAD.pack(kind, len(payload)) + payload


def pack_json(kind: int, value: dict[str, Any]) -> bytes:
    return pack(kind, json.dumps(value).encode())


def pack_order(order: Order) -> bytes:
    return pack_json(OPEN, asdict(order))


def pack_end(end: PullEnd) -> bytes:
    return pack_json(END, {"kind": end.kind, "detail": end.detail})


class Splitter:
    """Cuts received bytes into messages. `unit_bytes` bounds an access unit; other kinds are small."""

    def __init__(self, unit_bytes: int) -> None:
        self._largest = _LARGEST | {UNIT: TIMES.size + unit_bytes}
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """Whole messages; WireError for an unknown kind or one that is too long."""
        found = []
        rest = self._rest
        rest += data
        at = 0
        while len(rest) - at >= HEAD.size:
            kind, size = HEAD.unpack_from(rest, at)
            if size > self._largest.get(kind, -1):
                raise WireError(f"message {kind} of {size} bytes")
            end = at + HEAD.size + size
            if len(rest) < end:
                break
            found.append((kind, bytes(memoryview(rest)[at + HEAD.size : end])))
            at = end
        if at:
            del rest[:at]
        return found


def read_json(payload: bytes) -> dict[str, Any]:
    """WireError unless it is an object."""
    try:
        value = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise WireError("not JSON") from error
    if not isinstance(value, dict):
        raise WireError("not an object")
    return value


def read_end(payload: bytes) -> PullEnd:
    """Its kind is one of the closed set, and its detail printable and short."""
    value = read_json(payload)
    try:
        kind = EndKind(str(value.get("kind")))
    except ValueError:
        raise WireError("an unknown end") from None
    detail = str(value.get("detail", ""))[:_LONGEST_DETAIL]
    return PullEnd(kind, "".join(letter for letter in detail if letter.isprintable()))


def read_config(payload: bytes) -> tuple[str, bytes]:
    if len(payload) < 2 or payload[0] >= len(CODECS):
        raise WireError("an unknown codec")
    return CODECS[payload[0]], payload[1:]


def read_unit(payload: bytes) -> tuple[int, int, bool, bytes]:
    """pts and dts in ms, whether it is a keyframe, and its NAL units."""
    if len(payload) <= TIMES.size:
        raise WireError("an empty access unit")
    pts, dts, keyframe = TIMES.unpack_from(payload)
    return pts, dts, bool(keyframe), payload[TIMES.size :]
