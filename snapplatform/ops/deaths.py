"""How the supervisor's log says that a child ended, for those who read it."""

import json
import re

LOGGER = "snapplatform.supervisor"
_AGAIN = "and starts again in"
_LINE = re.compile(rf"^(\S+) .+ {_AGAIN} [\d.]+ s$")


def ended(name: str, how: str, delay: float) -> str:
    """The line about the child `name`; `delay` in seconds."""
    return f"{name} {how} {_AGAIN} {delay:.1f} s"


def ended_child(line: str) -> str:
    """The child that a line of a JSON log says has ended; empty for every other line."""
    try:
        entry = json.loads(line)
    except ValueError:
        return ""
    if not isinstance(entry, dict) or entry.get("logger") != LOGGER:
        return ""
    found = _LINE.match(str(entry.get("event")))
    return found[1] if found else ""
