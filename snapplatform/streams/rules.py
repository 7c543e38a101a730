"""What a stream and a stream key may say, besides the name's own rules in names.py."""

from collections.abc import Mapping
from typing import Any

from snapplatform import checks
from snapplatform.streams.names import check_name
from snapplatform.streams.sources import read_source

MAX_PREROLL = 120


def examine(values: Mapping[str, Any]) -> checks.Problems:
    """What is wrong with those of a stream's fields that are there, all of it."""
    problems = checks.Problems()
    if "name" in values:
        with problems.of():
            check_name(values["name"])
    if "title" in values:
        with problems.of():
            checks.text("title", values["title"], longest=128)
    if "preroll_seconds" in values:
        with problems.of():
            checks.number("preroll_seconds", values["preroll_seconds"], low=0, high=MAX_PREROLL)
    if "source_url" in values:
        with problems.of():
            read_source("source_url", values["source_url"])
    return problems


def examine_key(values: Mapping[str, Any]) -> checks.Problems:
    """The same for a stream key."""
    problems = checks.Problems()
    if "label" in values:
        with problems.of():
            checks.text("label", values["label"], longest=64)
    return problems
