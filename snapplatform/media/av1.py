"""What an AV1 stream says of its size: the sequence header in `av1C` and in keyframes (AV1 5.3, 5.5)."""

from __future__ import annotations

from collections.abc import Iterator

from snapplatform.bits import BadBits, Bits

_SEQUENCE_HEADER = 1
_CONFIG_SIZE = 4  # of av1C, before its OBUs (AV1 in ISOBMFF, 2.3.3)


def config_profile(config: bytes) -> tuple[str, int]:
    """Profile and level index of an `av1C` record."""
    if len(config) < _CONFIG_SIZE or config[0] != 0x81:
        raise BadBits("av1C has no version 1 mark")
    return {0: "Main", 1: "High", 2: "Professional"}.get(config[1] >> 5, ""), config[1] & 31


def config_size(config: bytes) -> tuple[int, int]:
    """Width and height in an `av1C` record, or zeros when it carries no sequence header."""
    return frame_size(config[_CONFIG_SIZE:]) or (0, 0)


def frame_size(data: bytes | memoryview) -> tuple[int, int] | None:
    """The greatest frame size of the first sequence header in a temporal unit; None when there is none."""
    for kind, payload in _units(memoryview(data)):
        if kind == _SEQUENCE_HEADER:
            return _sequence_size(Bits(bytes(payload), escaped=False))
    return None


def _units(data: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Type and payload of each OBU (AV1 5.3.2). BadBits where the sizes do not fit."""
    at = 0
    while at < len(data):
        header = data[at]
        at += 2 if header & 4 else 1
        size = len(data) - at
        if header & 2:
            size, at = _leb128(data, at)
        if header & 0x80 or at + size > len(data):
            raise BadBits("an OBU passes the end of its temporal unit")
        yield header >> 3 & 15, data[at : at + size]
        at += size


def _leb128(data: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 35, 7):
        if at >= len(data):
            break
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return value, at
    raise BadBits("the size of an OBU does not end")


def _sequence_size(bits: Bits) -> tuple[int, int]:
    bits.take(4)  # seq_profile, still_picture
    if bits.take(1):  # reduced_still_picture_header
        bits.take(5)
    else:
        _skip_operating_points(bits)
    wide, high = bits.take(4) + 1, bits.take(4) + 1
    return bits.take(wide) + 1, bits.take(high) + 1


def _skip_operating_points(bits: Bits) -> None:
    delay = 0
    if bits.take(1):  # timing_info_present_flag
        bits.take(64)
        if bits.take(1):
            bits.ue()
        if bits.take(1):  # decoder_model_info_present_flag
            delay = bits.take(5) + 1
            bits.take(42)
    initial_delay = bits.take(1)
    for _ in range(bits.take(5) + 1):
        bits.take(12)
        if bits.take(5) > 7:
            bits.take(1)
        if delay and bits.take(1):
            bits.take(2 * delay + 1)
        if initial_delay and bits.take(1):
            bits.take(4)
