"""HEVC from RTP (RFC 7798): single NAL units, aggregation packets and fragments; without DONL fields."""

from snapplatform.rtsp.errors import Unsupported
from snapplatform.rtsp.nal import (
    BROKEN,
    DROP,
    KEY_SLICE,
    OTHER,
    PARAMETERS,
    SLICE,
    Codec,
    UnitBuilder,
    add_aggregated,
)

_DELIMITER, _FILLER, _AGGREGATE, _FRAGMENT, _PACI = 35, 38, 48, 49, 50


def _role(first: int) -> int:
    kind = first >> 1 & 0x3F
    if first & 0x80:
        return BROKEN
    if kind < 32:
        return KEY_SLICE if 16 <= kind <= 23 else SLICE  # IRAP: IDR, BLA, CRA (H.265, table 7-1)
    if kind in (_DELIMITER, _FILLER) or kind > 47:
        return DROP
    return PARAMETERS if kind <= 34 else OTHER


CODEC = Codec("hevc", bytes(map(_role, range(256))), 2, lambda unit: False)


def depacketise(unit: UnitBuilder, buf: bytearray, at: int, stop: int) -> None:
    """One payload, buf[at:stop], into the access unit. Unsupported for what RFC 7798 allows beyond."""
    kind = buf[at] >> 1 & 0x3F
    if kind == _FRAGMENT:
        if stop - at < 4:
            unit.whole = False
            return
        fragment = buf[at + 2]
        if fragment & 0x80:
            header = bytes(((buf[at] & 0x81) | (fragment & 0x3F) << 1, buf[at + 1]))
            unit.open(header, buf, at + 3, stop)
        else:
            unit.append(buf, at + 3, stop)
        if fragment & 0x40:
            unit.close()
    elif kind == _AGGREGATE:
        add_aggregated(unit, buf, at + 2, stop)
    elif kind == _PACI:
        raise Unsupported("HEVC in PACI packets")
    else:
        unit.add(buf, at, stop)
