"""A bounded reader of H.264 and HEVC sequence parameter sets: the size of the picture and nothing more."""

from __future__ import annotations

from typing import NamedTuple

from snapplatform.bits import BadBits, Bits

_CHROMA_PROFILES = {100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135}


class SpsSize(NamedTuple):
    """Pixels shown, and pixels coded: a decoder allocates the latter, so limits are set on them."""

    width: int
    height: int
    coded_width: int
    coded_height: int


def h264_sps_size(nal: bytes) -> SpsSize:
    """Sizes in an H.264 SPS NAL unit, header byte included (H.264 7.3.2.1.1)."""
    bits = Bits(nal[1:])
    profile = bits.take(8)
    bits.take(16)
    bits.ue()
    chroma = 1
    if profile in _CHROMA_PROFILES:
        chroma = _skip_chroma_info(bits)
    bits.ue()
    order_type = bits.ue()
    if order_type == 0:
        bits.ue()
    elif order_type == 1:
        bits.take(1)
        bits.se()
        bits.se()
        for _ in range(min(bits.ue(), 255)):
            bits.se()
    bits.ue()
    bits.take(1)
    width = (bits.ue() + 1) * 16
    map_height = (bits.ue() + 1) * 16
    frame_only = bits.take(1)
    height = map_height * (2 - frame_only)
    if not frame_only:
        bits.take(1)
    bits.take(1)
    shown_width, shown_height = width, height
    if bits.take(1):
        unit_x = 2 if chroma in (1, 2) else 1
        unit_y = (2 if chroma == 1 else 1) * (2 - frame_only)
        left, right, top, bottom = bits.ue(), bits.ue(), bits.ue(), bits.ue()
        shown_width -= (left + right) * unit_x
        shown_height -= (top + bottom) * unit_y
        if shown_width <= 0 or shown_height <= 0:
            raise BadBits("the crop leaves no picture")
    return SpsSize(shown_width, shown_height, width, height)


def _skip_chroma_info(bits: Bits) -> int:
    chroma = bits.ue()
    if chroma == 3:
        bits.take(1)
    bits.ue()
    bits.ue()
    bits.take(1)
    if bits.take(1):
        for index in range(12 if chroma == 3 else 8):
            if bits.take(1):
                _skip_scaling_list(bits, 16 if index < 6 else 64)
    return chroma


def _skip_scaling_list(bits: Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.se()) % 256
        last = following or last


def hevc_sps_size(nal: bytes) -> SpsSize:
    """Sizes in an HEVC SPS NAL unit, its two header bytes included (H.265 7.3.2.2.1)."""
    bits = Bits(nal[2:])
    bits.take(4)
    sub_layers = bits.take(3)
    bits.take(1)
    bits.take(96)
    present = [(bits.take(1), bits.take(1)) for _ in range(sub_layers)]
    if sub_layers:
        bits.take(2 * (8 - sub_layers))
    for has_profile, has_level in present:
        bits.take(88 * has_profile + 8 * has_level)
    bits.ue()
    chroma = bits.ue()
    if chroma == 3:
        bits.take(1)
    width, height = bits.ue(), bits.ue()
    shown_width, shown_height = width, height
    if bits.take(1):
        shown_width -= (bits.ue() + bits.ue()) * (2 if chroma in (1, 2) else 1)
        shown_height -= (bits.ue() + bits.ue()) * (2 if chroma == 1 else 1)
        if shown_width <= 0 or shown_height <= 0:
            raise BadBits("the crop leaves no picture")
    return SpsSize(shown_width, shown_height, width, height)
