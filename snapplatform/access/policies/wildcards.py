"""Patterns of policies: `*` is any run of characters, `?` exactly one; every other character is itself.

No pattern is costly, whatever the text: nothing is ever tried twice. Regular expressions and fnmatch won't
do: the first backtrack for seconds on `*a*a*a*a*b`, and to both `[` begins a class.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

Matcher = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Pattern:
    """One pattern. `exact` and `prefix` tell what a database can look for: a text without wildcards, or one
    with a single `*` at its end (of `*` alone the prefix is empty)."""

    text: str

    @property
    def exact(self) -> str | None:
        return None if "*" in self.text or "?" in self.text else self.text

    @property
    def prefix(self) -> str | None:
        head = self.text.rstrip("*")
        return None if head == self.text or "*" in head or "?" in head else head

    def matcher(self) -> Matcher:
        return _with_question_marks(self.text) if "?" in self.text else _of_parts(self.text)


class PatternSet:
    """Several patterns of which any may match; the usual kinds cost one look for all of them together."""

    __slots__ = ("_exact", "_others", "_prefixes", "everything", "patterns")

    def __init__(self, texts: Iterable[str]) -> None:
        self.patterns = tuple(Pattern(text) for text in dict.fromkeys(texts))
        self._exact = frozenset(one.exact for one in self.patterns if one.exact is not None)
        self._prefixes = tuple(one.prefix for one in self.patterns if one.prefix is not None)
        rest = (one for one in self.patterns if one.exact is None and one.prefix is None)
        self._others = tuple(one.matcher() for one in rest)
        self.everything = "" in self._prefixes

    def matches(self, text: str) -> bool:
        if self.everything or text in self._exact or text.startswith(self._prefixes):
            return True
        return any(matcher(text) for matcher in self._others)

    def matches_any(self, texts: tuple[str, ...]) -> bool:
        """Whether one of `texts`, which are names of one thing, matches."""
        if self.everything:
            return True
        for text in texts:  # a plain loop: this runs for every statement of every request
            if text in self._exact or text.startswith(self._prefixes):
                return True
        return bool(self._others) and any(matcher(text) for matcher in self._others for text in texts)


def _of_parts(pattern: str) -> Matcher:
    """Without `?`: the parts between stars are found from left to right, each as early as possible."""
    head, *rest = pattern.split("*")
    if not rest:
        return lambda text: text == pattern
    *middle, tail = rest

    def matches(text: str) -> bool:
        at, end = len(head), len(text) - len(tail)
        if at > end or not text.startswith(head) or not text.endswith(tail):
            return False
        for part in middle:
            found = text.find(part, at, end)
            if found < 0:
                return False
            at = found + len(part)
        return True

    return matches


def _with_question_marks(pattern: str) -> Matcher:
    """The states of the pattern as the bits of a number, all moved at once for each character.

    Bit n is set while the first n characters of the pattern (stars not counted) match what was read.
    """
    places, stays, any_one = 0, 0, 0
    moves: dict[str, int] = {}
    for character in pattern:
        if character == "*":
            stays |= 1 << places
            continue
        if character == "?":
            any_one |= 1 << places
        else:
            moves[character] = moves.get(character, 0) | 1 << places
        places += 1
    moves = {character: bits | any_one for character, bits in moves.items()}
    pieces = [piece for piece in pattern.replace("?", "*").split("*") if piece]

    def matches(text: str) -> bool:
        if len(text) < places or any(piece not in text for piece in pieces):
            return False  # the common case, and the cheap one
        states = 1
        for character in text:
            states = (states & moves.get(character, any_one)) << 1 | states & stays
            if not states:
                return False
        return bool(states >> places & 1)

    return matches
