"""What a decoder pool counts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from .types import DecodeFailed, Reason


@dataclass(slots=True)
class PoolStats:
    """Counts since the start (`taken`, `failed` by reason, `restarts`), and the present ones."""

    taken: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    restarts: int = 0
    waiting: int = 0
    running: int = 0
    ready: int = 0

    def failure(self, reason: Reason, detail: str) -> DecodeFailed:
        """The error for a request that got no picture, counted."""
        self.failed[reason] += 1
        return DecodeFailed(reason, detail)
