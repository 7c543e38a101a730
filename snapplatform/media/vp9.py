"""What a VP9 stream says of its size: it is in its keyframes (VP9 6.2), and not in `vpcC`."""

from __future__ import annotations

from snapplatform.bits import BadBits, Bits

_SYNC = 0x498342
_RGB = 7
_HEADER_BYTES = 16


def config_profile(config: bytes) -> tuple[str, int]:
    """Profile and level (times ten) of a `vpcC` record, its version and flags included."""
    if len(config) < 12 or config[0] != 1:
        raise BadBits("vpcC is too short, or not of version 1")
    return f"Profile {config[4]}", config[5]


def frame_size(data: bytes | memoryview) -> tuple[int, int] | None:
    """Size of a keyframe; None of any other frame, which has the size of one before."""
    bits = Bits(bytes(data[:_HEADER_BYTES]), escaped=False)
    if bits.take(2) != 2:
        raise BadBits("a VP9 frame without its mark")
    profile = bits.take(1) + 2 * bits.take(1)
    if profile == 3:
        bits.take(1)
    if bits.take(1) or bits.take(1):  # show_existing_frame, or no keyframe
        return None
    bits.take(2)
    if bits.take(24) != _SYNC:
        raise BadBits("a VP9 keyframe without its sync code")
    if profile >= 2:
        bits.take(1)
    if bits.take(3) != _RGB:
        bits.take(1)
        if profile & 1:
            bits.take(3)
    elif profile & 1:
        bits.take(1)
    return bits.take(16) + 1, bits.take(16) + 1
