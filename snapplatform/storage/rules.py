"""What a bucket may say."""

import re
from collections.abc import Mapping
from typing import Any

from snapplatform import checks
from snapplatform.errors import InvalidValue

MAX_RETENTION = 36_500  # days
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")


def examine(values: Mapping[str, Any]) -> checks.Problems:
    """What is wrong with those of a bucket's fields that are there, all of it."""
    problems = checks.Problems()
    if "name" in values:
        with problems.of():
            _check_name(values["name"])
    if "endpoint" in values:
        with problems.of():
            checks.text("endpoint", values["endpoint"], shortest=1, longest=255)
    if "retention_days" in values:
        with problems.of():
            check_retention(values["retention_days"])
    return problems


def check_retention(days: int | None) -> None:
    """Days that pictures are kept; None leaves it to the bucket or the site. Raises InvalidValue."""
    if days is not None:
        checks.number("retention_days", days, low=1, high=MAX_RETENTION)


def _check_name(name: str) -> None:
    checks.text("name", name, shortest=3, longest=63)
    if not _NAME.fullmatch(name):
        raise InvalidValue("name", "only lower-case letters, digits and dashes, with no dash at the ends")
