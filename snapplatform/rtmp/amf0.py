"""AMF0, the value encoding of RTMP commands and metadata (Adobe, Action Message Format AMF 0, 2007)."""

import enum
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from snapplatform.rtmp.errors import ProtocolError

NUMBER, BOOLEAN, STRING, OBJECT, NULL, UNDEFINED_MARK = 0, 1, 2, 3, 5, 6
ECMA_ARRAY, OBJECT_END, STRICT_ARRAY, DATE, LONG_STRING, UNSUPPORTED = 8, 9, 10, 11, 12, 13
XML_DOCUMENT, TYPED_OBJECT = 15, 16

_DOUBLE = struct.Struct(">d")
_DATE = struct.Struct(">dh")
_U16 = struct.Struct(">H")
_U32 = struct.Struct(">I")


class Undefined(enum.Enum):
    """ActionScript's undefined, which is not null."""

    UNDEFINED = "undefined"


UNDEFINED: Final = Undefined.UNDEFINED


@dataclass(frozen=True, slots=True)
class Date:
    """Milliseconds since 1970 in UTC; `zone` is reserved and should be 0."""

    milliseconds: float
    zone: int = 0


class EcmaArray(dict[str, object]):
    """A mapping that travels as an ECMA array, the form usual for onMetaData."""


def decode_all(data: bytes, *, depth: int = 16, values: int = 4096) -> list[object]:
    """All values in `data`. ProtocolError when it is malformed, nests deeper, or holds more values."""
    decoder = _Decoder(data, values)
    try:
        result = []
        while decoder.pos < len(data):
            result.append(decoder.value(depth))
    except (struct.error, IndexError):
        raise ProtocolError("amf", "cut short") from None
    return result


def encode_all(*values: object) -> bytes:
    """The values one after the other; TypeError for what AMF0 cannot carry."""
    out = bytearray()
    for value in values:
        _encode(value, out)
    return bytes(out)


class _Decoder:
    def __init__(self, data: bytes, values: int) -> None:
        self.data = data
        self.pos = 0
        self._values = values

    def value(self, depth: int) -> object:
        marker = self.data[self.pos]
        self.pos += 1
        self._values -= 1
        if self._values < 0:
            raise ProtocolError("amf", "too many values")
        if marker == NUMBER:
            return self._unpack(_DOUBLE)[0]
        if marker == STRING:
            return self._text(self._unpack(_U16)[0])
        if marker == BOOLEAN:
            self.pos += 1
            return self.data[self.pos - 1] != 0
        if marker == NULL:
            return None
        if marker in (UNDEFINED_MARK, UNSUPPORTED):
            return UNDEFINED
        if marker in (LONG_STRING, XML_DOCUMENT):
            return self._text(self._unpack(_U32)[0])
        if marker == DATE:
            return Date(*self._unpack(_DATE))
        if depth <= 0:
            raise ProtocolError("amf", "nested too deep")
        return self._container(marker, depth - 1)

    def _container(self, marker: int, depth: int) -> object:
        if marker == OBJECT:
            return self._properties({}, depth)
        if marker == ECMA_ARRAY:
            self._unpack(_U32)  # only a hint, and encoders get it wrong; the end marker counts
            return self._properties(EcmaArray(), depth)
        if marker == STRICT_ARRAY:
            count = self._unpack(_U32)[0]
            if count > len(self.data) - self.pos:  # each value takes a byte or more
                raise ProtocolError("amf", "array longer than its message")
            return [self.value(depth) for _ in range(count)]
        if marker == TYPED_OBJECT:
            self._text(self._unpack(_U16)[0])
            return self._properties({}, depth)
        raise ProtocolError("amf", f"unknown marker {marker}")

    def _properties(self, into: dict[str, object], depth: int) -> dict[str, object]:
        while True:
            if self.pos >= len(self.data) and isinstance(into, EcmaArray):
                return into  # some encoders leave the end marker of onMetaData out
            name = self._text(self._unpack(_U16)[0])
            if not name and self.data[self.pos] == OBJECT_END:
                self.pos += 1
                return into
            into[name] = self.value(depth)

    def _unpack(self, layout: struct.Struct) -> tuple[Any, ...]:
        found = layout.unpack_from(self.data, self.pos)
        self.pos += layout.size
        return found

    def _text(self, size: int) -> str:
        end = self.pos + size
        if end > len(self.data):
            raise ProtocolError("amf", "text longer than its message")
        text = self.data[self.pos : end].decode("utf-8", "replace")
        self.pos = end
        return text


def _encode(value: object, out: bytearray) -> None:
    if value is None:
        out.append(NULL)
    elif value is UNDEFINED:
        out.append(UNDEFINED_MARK)
    elif isinstance(value, bool):  # before int, of which it is one
        out += bytes((BOOLEAN, value))
    elif isinstance(value, (int, float)):
        out.append(NUMBER)
        out += _DOUBLE.pack(value)
    elif isinstance(value, str):
        _encode_text(value, out)
    elif isinstance(value, Date):
        out.append(DATE)
        out += _DATE.pack(value.milliseconds, value.zone)
    elif isinstance(value, Mapping):
        _encode_mapping(value, out)
    elif isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        out.append(STRICT_ARRAY)
        out += _U32.pack(len(value))
        for item in value:
            _encode(item, out)
    else:
        raise TypeError(f"AMF0 cannot carry a {type(value).__name__}")


def _encode_text(value: str, out: bytearray) -> None:
    raw = value.encode("utf-8", "replace")
    if len(raw) <= 0xFFFF:
        out.append(STRING)
        out += _U16.pack(len(raw))
    else:
        out.append(LONG_STRING)
        out += _U32.pack(len(raw))
    out += raw


def _encode_mapping(value: Mapping[str, object], out: bytearray) -> None:
    if isinstance(value, EcmaArray):
        out.append(ECMA_ARRAY)
        out += _U32.pack(len(value))
    else:
        out.append(OBJECT)
    for name, item in value.items():
        raw = name.encode("utf-8", "replace")
        out += _U16.pack(len(raw)) + raw
        _encode(item, out)
    out += bytes((0, 0, OBJECT_END))
