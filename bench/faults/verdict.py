"""What a figure found: how many of how many held, and the facts beside it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Verdict:
    """`n` of `of` trials held. `problems`: further broken promises, a sentence each; one is enough to fail.

    `details` go into the JSON line: lost, doubled, p50_ms, p99_ms, ...
    """

    n: int
    of: int
    details: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return self.n == self.of > 0 and not self.problems

    def line(self, **head: Any) -> str:
        """One line of JSON; `head` (name, seed, ...) comes first."""
        facts = {**head, "passed": self.passed, "n": self.n, "of": self.of, **self.details}
        return json.dumps(facts | ({"problems": self.problems} if self.problems else {}))
