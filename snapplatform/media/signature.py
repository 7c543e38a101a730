"""Comparing two pictures by their signatures, cheaply enough for the node's loop (no numpy, no decoder)."""

from .types import SIGNATURE_BYTES, SIGNATURE_CELLS

# Encoding the same still again moves a cell's mean by less than one level; a moving hand moves it by several.
FROZEN_CELL = 2


def compare(previous: bytes | None, signature: bytes) -> frozenset[str]:
    """Flags of types.Flag: frozen when nothing visible changed, also duplicate when the luma is the same."""
    if previous is None or len(previous) != SIGNATURE_BYTES or len(signature) != SIGNATURE_BYTES:
        return frozenset()
    if previous == signature:
        return frozenset({"frozen", "duplicate"})
    cells = zip(previous[:SIGNATURE_CELLS], signature[:SIGNATURE_CELLS], strict=True)
    if max(abs(before - after) for before, after in cells) >= FROZEN_CELL:
        return frozenset()
    same = previous[SIGNATURE_CELLS:] == signature[SIGNATURE_CELLS:]
    return frozenset({"frozen", "duplicate"} if same else {"frozen"})
