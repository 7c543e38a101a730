"""Wildcards the slow and obvious way, to compare with."""

from functools import cache


def matches(pattern: str, text: str) -> bool:
    """Straight from the definition, place by place; exact, and only for short patterns and texts."""

    @cache
    def from_here(at: int, read: int) -> bool:
        if at == len(pattern):
            return read == len(text)
        if pattern[at] == "*":
            return any(from_here(at + 1, later) for later in range(read, len(text) + 1))
        if read == len(text):
            return False
        return pattern[at] in ("?", text[read]) and from_here(at + 1, read + 1)

    return from_here(0, 0)
