"""What a check of `manage.py doctor` says."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, whether it is fine, what was seen, and how to mend it if it isn't."""

    subject: str
    ok: bool
    seen: str
    mend: str = ""

    def lines(self) -> list[str]:
        """For a person: ✓ or ✗, and the way out on a line of its own."""
        first = f"{'✓' if self.ok else '✗'} {self.subject}: {self.seen}"
        return [first] if self.ok else [first, f"  → {self.mend}"]


def good(subject: str, seen: str) -> Finding:
    return Finding(subject, True, seen)


def bad(subject: str, seen: str, mend: str) -> Finding:
    return Finding(subject, False, seen, mend)
