"""Stream names: what an encoder may call its stream."""

import re
from collections.abc import Iterator

from snapplatform import checks
from snapplatform.errors import InvalidValue

MAX_NAME = 255
LONGEST_GUESS = 200
TRIED_GUESSES = 100
# Characters that end a name, or mean something else, on some encoder's way from its form to us: ffmpeg cuts
# its address at a space, and others send %20 as it stands.
FORBIDDEN = '?#&"<>\\%'


def check_name(name: str, parameter: str = "name") -> str:
    """Raise InvalidValue unless `name` may name a stream. `/` and `:` may stand in it."""
    checks.text(parameter, name, shortest=1, longest=MAX_NAME)
    if bad := sorted(set(name) & set(FORBIDDEN)):
        raise InvalidValue(parameter, f"must not contain {' '.join(bad)}")
    if any(character.isspace() for character in name):
        raise InvalidValue(parameter, "must not contain spaces: encoders cut their address there")
    if any(part in ("", ".", "..") for part in name.split("/")):
        raise InvalidValue(parameter, "must not have empty parts, '.' or '..'")
    return name


def names_for(url: str) -> Iterator[str]:
    """Names that a stream pulled from `url` (as it is shown) may have, best first: host and path, then with
    a number behind."""
    place = re.sub(r"[^\w./:~-]+", "-", url.partition("://")[2].partition("?")[0].rpartition("@")[2])
    parts = [part for part in place.split("/") if part.strip("-.")]
    name = "/".join(parts)[:LONGEST_GUESS].rstrip("/")
    yield name
    for number in range(2, TRIED_GUESSES):
        yield f"{name}-{number}"
