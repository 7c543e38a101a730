"""Cheap signs that a picture is not worth keeping, from a thumbnail made where the frame is decoded."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import av
import numpy as np

from .colours import native_luma, thumbnail_luma
from .signature import compare
from .types import SIGNATURE_BYTES
from .types import SIGNATURE_CELLS as _CELLS

# Each cell averages 60x60 pixels of 1080p: sensor noise vanishes and one changing clock digit still shows.
WIDTH, HEIGHT = 32, 18
# Every eighth row: 0.15 ms at 1080p, and nothing that an eye would notice hides between eight rows.
_ROW_STEP = 8

# Full-range luma. Coded black is 16 and comes out as 0; encoders and noise lift it by a few levels.
BLACK_LUMA = 10
# A black picture may carry a small cursor or logo, not a line of text across it (which lights about 3 %).
BLACK_SHARE = 0.98
# Below this mean a face or a number plate cannot be read on a monitor without correction.
DARK_MEAN = 24.0


class Quality(NamedTuple):
    """Flags are names of types.Flag; `signature` is the `previous` of the stream's next picture."""

    flags: frozenset[str]
    signature: bytes
    mean_luma: float


def assess(frame: av.VideoFrame, previous: bytes | None) -> Quality:
    """Look at one decoded frame. A `previous` of a wrong length is ignored.

    A black picture is also dark, and a duplicate (the same decoded luma) is also frozen (no visible change).
    """
    cells = np.ascontiguousarray(thumbnail_luma(frame, WIDTH, HEIGHT))
    signature = cells.tobytes() + _luma_digest(frame)
    mean = float(cells.mean())
    flags = set()
    if np.count_nonzero(cells <= BLACK_LUMA) >= BLACK_SHARE * _CELLS:
        flags.add("black")
    if mean < DARK_MEAN:
        flags.add("dark")
    return Quality(compare(previous, signature) | flags, signature, mean)


def _luma_digest(frame: av.VideoFrame) -> bytes:
    sample = np.ascontiguousarray(native_luma(frame)[::_ROW_STEP])
    return hashlib.sha256(sample.data).digest()[: SIGNATURE_BYTES - _CELLS]
