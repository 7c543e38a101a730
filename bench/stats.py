"""Medians with their spread, percentiles, and the line through points."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` of the values don't exceed; 0 of none."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)] if values else 0.0


def line(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Least squares: (value at 0, slope). Of a single x, all of it is slope."""
    if len({x for x, _ in points}) < 2:
        return 0.0, statistics.mean(y / x for x, y in points)
    slope, base = statistics.linear_regression([x for x, _ in points], [y for _, y in points])
    return base, slope


def spread(values: Sequence[float], digits: int = 2) -> str:
    """The median, and from the lowest to the highest: "0.52 (0.50 to 0.55)"; "-" of none."""
    if not values:
        return "-"
    middle = f"{statistics.median(values):.{digits}f}"
    if len(values) < 2:
        return middle
    return f"{middle} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def ratio(ours: float, theirs: float) -> str:
    """ "1 : 2.6", ours first: the peer needs that many times what we need."""
    return f"1 : {theirs / ours:.1f}" if ours and theirs else "-"
