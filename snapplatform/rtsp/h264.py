"""H.264 from RTP (RFC 6184): single NAL units, STAP-A and FU-A. What interleaves NAL units is refused."""

from snapplatform.rtsp.errors import Unsupported
from snapplatform.rtsp.nal import (
    BROKEN,
    DROP,
    KEY_SLICE,
    MESSAGE,
    OTHER,
    PARAMETERS,
    SLICE,
    Codec,
    UnitBuilder,
    add_aggregated,
)

_SLICES, _IDR, _SEI, _SPS, _PPS, _DELIMITER, _FILLER = (1, 2, 3, 4), 5, 6, 7, 8, 9, 12
_STAP_A, _FU_A = 24, 28
_REFUSED = {25: "STAP-B", 26: "MTAP16", 27: "MTAP24", 29: "FU-B"}
_RECOVERY_POINT = 6


def _role(first: int) -> int:
    kind = first & 0x1F
    if first & 0x80:  # forbidden_zero_bit: somebody on the way knows of damage (RFC 6184, 1.3)
        return BROKEN
    if kind in _SLICES:
        # Partitions B and C don't begin with a macroblock's number; only a slice or partition A does.
        return SLICE if kind < 3 else OTHER
    if kind in (0, _DELIMITER, _FILLER) or kind > 23:
        return DROP
    return {_IDR: KEY_SLICE, _SEI: MESSAGE, _SPS: PARAMETERS, _PPS: PARAMETERS}.get(kind, OTHER)


def is_recovery_point(unit: bytes) -> bool:
    """Whether an SEI NAL unit says that decoding can start at this very picture: a recovery point of 0 frames
    (H.264 D.1.8). Cameras with open GOPs send IDR pictures never again."""
    at, end = 1, len(unit) - 1
    while at < end:
        kind, at = _number(unit, at)
        size, at = _number(unit, at)
        if kind == _RECOVERY_POINT:
            return at <= end and unit[at] >= 0x80  # ue(v) of 0 is one bit that is set
        at += size
    return False


def _number(unit: bytes, at: int) -> tuple[int, int]:
    """Bytes that are added up to the first that isn't 255 (H.264 7.3.2.3.1), and what follows them."""
    value = 0
    while at < len(unit):
        value += unit[at]
        at += 1
        if unit[at - 1] != 0xFF:
            break
    return value, at


CODEC = Codec("h264", bytes(map(_role, range(256))), 1, is_recovery_point)


def depacketise(unit: UnitBuilder, buf: bytearray, at: int, stop: int) -> None:
    """One payload, buf[at:stop], into the access unit. Unsupported for what RFC 6184 allows beyond."""
    first = buf[at]
    kind = first & 0x1F
    if kind == _FU_A:
        if stop - at < 3:
            unit.whole = False
            return
        fragment = buf[at + 1]
        if fragment < 0x40:  # nearly every packet: neither the first nor the last
            unit.append(buf, at + 2, stop)
            return
        if fragment & 0x80:
            unit.open(bytes(((first & 0xE0) | (fragment & 0x1F),)), buf, at + 2, stop)
        else:
            unit.append(buf, at + 2, stop)
        if fragment & 0x40:
            unit.close()
    elif kind == _STAP_A:
        add_aggregated(unit, buf, at + 1, stop)
    elif kind in _REFUSED:
        raise Unsupported(f"H.264 in packets of type {_REFUSED[kind]}")
    else:
        unit.add(buf, at, stop)
