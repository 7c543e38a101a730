"""Patterns: what matches, what doesn't, and that none is costly."""

import random
import time

import pytest

from snapplatform.access.policies.wildcards import Pattern, PatternSet
from tests.unit.access import wildcard_reference

SLOWEST = 0.25


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("", "", True),
        ("", "a", False),
        ("*", "", True),
        ("?", "", False),
        ("?", "ab", False),
        ("job/*", "job/", True),
        ("job/*", "jobs/1", False),
        ("*/1", "job/1", True),
        ("a*a", "a", False),
        ("a*b*c", "abbc", True),
        ("a**c", "ac", True),
        ("a?c", "abc", True),
        ("a?c", "ac", False),
        ("*?", "", False),
        ("?*?", "ab", True),
        ("*ab?", "aabab", False),
        ("*ab?", "aababc", True),
        ("[ab]", "a", False),
        ("[ab]", "[ab]", True),
        ("[!a]*", "b", False),
        ("a.c", "abc", False),
        ("a\\*", "a\\tail", True),
        ("a*", "a\nb", True),
        ("?", "\n", True),
        ("?", "\U0001f3a5", True),
        ("Door", "door", False),
        ("^a$", "a", False),
        ("a|b", "a", False),
        ("*", "*", True),
        ("a", "*", False),
    ],
)
def test_matching(pattern: str, text: str, expected: bool):
    assert PatternSet([pattern]).matches(text) is expected
    assert wildcard_reference.matches(pattern, text) is expected


def test_agrees_with_the_definition_on_5000_random_pairs():
    random_of = random.Random(20)
    matched = 0
    for _ in range(5_000):
        pattern = "".join(random_of.choices("ab*?[", weights=(6, 4, 5, 2, 1), k=random_of.randint(0, 9)))
        text = "".join(random_of.choices("ab[", weights=(6, 4, 1), k=random_of.randint(0, 9)))
        expected = wildcard_reference.matches(pattern, text)
        assert PatternSet([pattern]).matches(text) is expected, (pattern, text)
        assert Pattern(pattern).matcher()(text) is expected, (pattern, text)
        matched += expected
    assert 500 < matched < 4_500


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("*a*a*a*a*a*a*b", "a" * 1024),
        ("*" + "a*" * 3000 + "b", "a" * 1024),
        ("*?" * 3000 + "b", "a" * 1024),
        ("*" + "a" * 500 + "b", "a" * 1024),
        ("*" + "a" * 500 + "?b", "a" * 1024),
        ("*" + "a?" * 400 + "b*", "a" * 1024),
        ("?" * 6000, "a" * 1024),
        ("*" * 6000, "a" * 1024),
    ],
)
def test_no_pattern_is_costly(pattern: str, text: str):
    matcher = Pattern(pattern).matcher()
    start = time.thread_time()
    matcher(text)
    assert time.thread_time() - start < SLOWEST


@pytest.mark.parametrize(
    ("text", "exact", "prefix"),
    [
        ("job/1", "job/1", None),
        ("job/*", None, "job/"),
        ("job/**", None, "job/"),
        ("*", None, ""),
        ("job/?", None, None),
        ("j?b/*", None, None),
        ("*b/*", None, None),
        ("", "", None),
    ],
)
def test_what_a_database_can_look_for(text: str, exact: str | None, prefix: str | None):
    assert (Pattern(text).exact, Pattern(text).prefix) == (exact, prefix)


def test_one_of_several_patterns_and_one_of_several_names_is_enough():
    patterns = PatternSet(["job/1", "stream/door*", "*-cam-?"])
    assert patterns.matches_any(("stream/7", "stream/door-2"))
    assert patterns.matches_any(("stream/7", "stream/roof-cam-1"))
    assert not patterns.matches_any(("stream/7", "job/12"))
    assert not patterns.matches_any(())
    assert not PatternSet([]).matches("")
