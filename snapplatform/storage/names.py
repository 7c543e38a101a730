"""Object names: substitution of an allow-list of placeholders, and the rules every key keeps.

Never str.format: `{JobId.account}` would reach into objects and `{JobId:>999999999}` would fill memory.
"""

import re
from collections.abc import Collection, Mapping

from snapplatform.errors import InvalidValue

MAX_FORMAT = 255
MAX_KEY_BYTES = 900
MAX_PART_BYTES = 200
PLACEHOLDERS = frozenset({"JobId", "UnixTimestamp", "Sequence", "Date"})
_LONGEST_VALUE = 36  # a JobId: with it in every place, what is accepted here also fits when it is expanded
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def check_format(
    parameter: str,
    text: str,
    *,
    allowed: Collection[str],
    suffixes: Collection[str],
    needs: Collection[str] = (),
) -> None:
    """Raise InvalidValue unless `text` is a naming format: known placeholders, a right suffix, a safe path.

    `needs`: at least one of these placeholders must stand in it.
    """
    if len(text) > MAX_FORMAT:
        raise InvalidValue(parameter, f"at most {MAX_FORMAT} characters")
    used = _PLACEHOLDER.findall(text)
    for name in used:
        if name not in allowed:
            known = ", ".join(f"{{{item}}}" for item in sorted(allowed))
            raise InvalidValue(parameter, f"placeholder {{{name}}} is not allowed here; use {known}")
    if not text.endswith(tuple(suffixes)):
        raise InvalidValue(parameter, f"must end with {' or '.join(suffixes)}")
    if needs and not set(needs) & set(used):
        raise InvalidValue(parameter, f"must contain {' or '.join(f'{{{name}}}' for name in needs)}")
    check_key(parameter, _PLACEHOLDER.sub("x" * _LONGEST_VALUE, text))


def expand(text: str, values: Mapping[str, str]) -> str:
    """The object's key: each placeholder replaced by its value. Raises InvalidValue for a bad key."""
    key = _PLACEHOLDER.sub(lambda match: values[match[1]], text)
    check_key("name", key)
    return key


def check_key(parameter: str, key: str) -> None:
    """Raise InvalidValue unless `key` may name an object: plain parts joined by single slashes."""
    if key.startswith("/"):
        raise InvalidValue(parameter, "must not start with /")
    if not key.isprintable() or "\\" in key or "{" in key or "}" in key:
        raise InvalidValue(parameter, "must not contain control characters, backslashes or unpaired braces")
    try:
        parts = key.encode().split(b"/")
    except UnicodeEncodeError:
        raise InvalidValue(parameter, "must be valid text") from None
    if any(part in (b"", b".", b"..") for part in parts):
        raise InvalidValue(parameter, "must not have empty parts, '.' or '..'")
    if max(map(len, parts)) > MAX_PART_BYTES or len(key.encode()) > MAX_KEY_BYTES:
        raise InvalidValue(parameter, f"at most {MAX_PART_BYTES} bytes a part and {MAX_KEY_BYTES} in all")
