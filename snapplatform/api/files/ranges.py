"""Single byte ranges (RFC 9110, section 14). Kept here: no maintained library offers them for Django."""

import re

# 18 digits are more bytes than any file has, and few enough for int() to take.
_RANGE = re.compile(r"bytes=[ \t]*([0-9]{0,18})-([0-9]{0,18})[ \t]*", re.IGNORECASE)


class RangeNotSatisfiable(Exception):
    """The range asks for nothing that the file has."""


def parse(header: str, size: int) -> tuple[int, int] | None:
    """The (start, stop) that a Range header asks of `size` bytes, stop excluded, or None for the whole file:
    several ranges, other units and what can't be read are ignored, as the RFC allows."""
    match = _RANGE.fullmatch(header)
    if match is None or match[1] == match[2] == "":
        return None
    if match[1] == "":
        start, stop = max(0, size - int(match[2])), size
    else:
        start, stop = int(match[1]), min(size, int(match[2]) + 1) if match[2] else size
        if match[2] and int(match[2]) < start:
            return None
    if start >= stop:
        raise RangeNotSatisfiable
    return start, stop
