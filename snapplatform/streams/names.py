"""Stream names: what an encoder may call its stream."""

from snapplatform import checks
from snapplatform.errors import InvalidValue

MAX_NAME = 255
FORBIDDEN = '?#&"<>\\'


def check_name(name: str, parameter: str = "name") -> str:
    """Raise InvalidValue unless `name` may name a stream. `/` and `:` may stand in it."""
    checks.text(parameter, name, shortest=1, longest=MAX_NAME)
    if bad := sorted(set(name) & set(FORBIDDEN)):
        raise InvalidValue(parameter, f"must not contain {' '.join(bad)}")
    if name != name.strip() or any(part in ("", ".", "..") for part in name.split("/")):
        raise InvalidValue(parameter, "must not have empty parts, '.', '..' or spaces at its ends")
    return name
