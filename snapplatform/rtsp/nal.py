"""One access unit while its packets come: NAL units, each after its length, as avcC and hvcC have them."""

from collections.abc import Callable
from dataclasses import dataclass

from snapplatform.rtsp.errors import ProtocolError

# What a NAL unit is to us. The order matters: from PARAMETERS on it is looked into.
DROP, BROKEN, OTHER, SLICE, KEY_SLICE, PARAMETERS, MESSAGE = range(7)
LENGTH_BYTES = 4
_LOOKED_INTO = 2048  # bytes; longer parameter sets are refused, and messages that matter come first


@dataclass(frozen=True, slots=True)
class Codec:
    """`roles` tells of each first byte of a NAL unit what it is to us; `header_bytes` are before its payload,
    which begins with one bit that is set in the first slice of a picture."""

    name: str
    roles: bytes
    header_bytes: int
    is_recovery_point: Callable[[bytes], bool]  # of a NAL unit with messages


class UnitBuilder:
    """`data` grows until clear(). `slices`: how many it holds; `begins`: the first of them begins a picture;
    `whole`: nothing is known to be missing so far."""

    __slots__ = (
        "_codec",
        "_limit",
        "_on_parameters",
        "_open_at",
        "_roles",
        "_skip",
        "begins",
        "data",
        "keyframe",
        "slices",
        "whole",
    )

    def __init__(self, codec: Codec, limit: int, on_parameters: Callable[[bytes], None]) -> None:
        self._codec = codec
        self._roles = codec.roles
        self._skip = codec.header_bytes
        self._limit = limit
        self._on_parameters = on_parameters
        self.data = bytearray()
        self.clear()

    def clear(self) -> None:
        self.data.clear()
        self._open_at = -1  # where the NAL unit in hand began
        self.slices = 0
        self.begins = self.keyframe = False
        self.whole = True

    def add(self, buf: bytearray, at: int, stop: int) -> None:
        """A whole NAL unit."""
        size = stop - at
        if size <= self._skip:
            return
        role = self._roles[buf[at]]
        if role <= BROKEN:
            if role == BROKEN:
                self.whole = False
            return
        data = self.data
        if len(data) + size > self._limit:
            self._too_large()
        data += size.to_bytes(LENGTH_BYTES, "big")
        data += buf[at:stop]
        if role != OTHER:
            self._note(role, buf[at + self._skip], len(data) - size)

    def open(self, header: bytes, buf: bytearray, at: int, stop: int) -> None:
        """The first fragment of a NAL unit: its header, and what follows it."""
        if self._open_at >= 0:
            self.whole = False  # the last one has no end
        if at == stop or self._roles[header[0]] == BROKEN:
            self.whole = False
            return
        data = self.data
        self._open_at = len(data)
        data += b"\0\0\0\0"
        data += header
        self.append(buf, at, stop)

    def append(self, buf: bytearray, at: int, stop: int) -> None:
        """A fragment of the NAL unit in hand."""
        if self._open_at < 0:
            self.whole = False
            return
        data = self.data
        data += buf[at:stop]
        if len(data) > self._limit:
            self._too_large()

    def close(self) -> None:
        """The last fragment has come."""
        start, self._open_at = self._open_at, -1
        if start < 0:
            return
        data = self.data
        at = start + LENGTH_BYTES
        role = self._roles[data[at]]
        if role == DROP:
            del data[start:]
            return
        data[start:at] = (len(data) - at).to_bytes(LENGTH_BYTES, "big")
        if role != OTHER:
            self._note(role, data[at + self._skip], at)

    @property
    def damaged(self) -> bool:
        """Whether something is known to be missing, if it ends here."""
        return not self.whole or self._open_at >= 0

    def take(self) -> bytes:
        """The access unit as it is now; clear() follows."""
        return bytes(self.data)

    def _note(self, role: int, payload: int, at: int) -> None:
        """A NAL unit that begins at data[at] and ends with data."""
        if role >= PARAMETERS:
            unit = bytes(self.data[at : at + _LOOKED_INTO])
            if role == PARAMETERS:
                self._on_parameters(unit)
            elif self._codec.is_recovery_point(unit):
                self.keyframe = True
            return
        if role == KEY_SLICE:
            self.keyframe = True
        if not self.slices:
            self.begins = payload >= 0x80
        self.slices += 1

    def _too_large(self) -> None:
        raise ProtocolError("size", f"a picture of more than {self._limit} bytes")


def add_aggregated(unit: UnitBuilder, buf: bytearray, at: int, stop: int) -> None:
    """NAL units after two bytes of length each: the bodies of STAP-A (RFC 6184) and AP (RFC 7798)."""
    while at + 2 <= stop:
        start = at + 2
        at = start + (buf[at] << 8 | buf[at + 1])
        if at > stop:
            break
        unit.add(buf, start, at)
    if at != stop:
        unit.whole = False
