"""From the text of a policy document to its JSON: strict, bounded, and never deeper than a policy needs."""

import json
import re
from typing import Any, NoReturn

from snapplatform.access.policies.errors import InvalidPolicy

MAX_CHARACTERS = 6144  # as the vendor counts
MAX_DEPTH = 8  # a policy needs six
_DOCUMENT = "document"
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)
_SHOWN = 64


class Number(str):
    """A number as it was written: no precision is lost, and 5000 digits are no integer to make."""

    __slots__ = ()


class Object(dict[str, Any]):
    """A JSON object that remembers which key stood twice in it."""

    twice: str | None = None


def read(document: str | bytes) -> Object:
    """The JSON object of a document. Raises InvalidPolicy; what is inside, language.py looks at."""
    text = _text(document)
    _check_depth(text)
    try:
        value = json.loads(
            text, object_pairs_hook=_object, parse_int=Number, parse_float=Number, parse_constant=_constant
        )
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise InvalidPolicy(_DOCUMENT, f"is not JSON: {error.msg} at {where}") from error
    if not isinstance(value, Object):
        raise InvalidPolicy(_DOCUMENT, "must be a JSON object")
    return value


def below(path: str, key: str) -> str:
    """The path of a member; what nobody should have written as a key is shown short and printable."""
    shown = key if key.isprintable() and len(key) <= _SHOWN else ascii(key[:_SHOWN])[1:-1]
    return f"{path}.{shown}" if path else shown


def check_keys(path: str, value: Object, known: tuple[str, ...]) -> None:
    """Raise InvalidPolicy for a key that stands twice and for one that the language doesn't have."""
    if value.twice is not None:
        raise InvalidPolicy(below(path, value.twice), "stands twice")
    for key in value:
        if key not in known:
            raise InvalidPolicy(below(path, key), f"no such element; there are {', '.join(known)}")


def text_of(path: str, value: object) -> str:
    """A text without control characters and half characters. Raises InvalidPolicy."""
    if not isinstance(value, str) or isinstance(value, Number):
        raise InvalidPolicy(path, "must be text")
    if not value.isprintable():
        raise InvalidPolicy(path, "must not contain control or invalid characters")
    if "${" in value:
        raise InvalidPolicy(path, "there are no variables: ${ may not be written")
    return value


def one_or_more(path: str, value: object) -> list[tuple[str, object]]:
    """A value, or each of a list, with its path. Raises InvalidPolicy for an empty list."""
    if not isinstance(value, list):
        return [(path, value)]
    if not value:
        raise InvalidPolicy(path, "must not be an empty list")
    return [(f"{path}[{index}]", item) for index, item in enumerate(value)]


def _text(document: str | bytes) -> str:
    if len(document) > 4 * MAX_CHARACTERS:
        raise _too_long()
    try:
        text = document.decode() if isinstance(document, bytes) else document
        text.encode()
    except UnicodeDecodeError as error:
        raise InvalidPolicy(_DOCUMENT, f"is not UTF-8: byte {error.start} is wrong") from error
    except UnicodeEncodeError as error:
        raise InvalidPolicy(_DOCUMENT, f"has half a character at place {error.start}") from error
    if len(text) > MAX_CHARACTERS:
        raise _too_long()
    return text


def _too_long() -> InvalidPolicy:
    return InvalidPolicy(_DOCUMENT, f"may have {MAX_CHARACTERS} characters; write shorter, or two policies")


def _check_depth(text: str) -> None:
    """Before the parser sees it, which calls itself for each level."""
    depth = 0
    for token in _TOKENS.finditer(text):
        kind = token.group()[0]
        depth += (kind in "[{") - (kind in "]}")
        if depth > MAX_DEPTH:
            raise InvalidPolicy(_DOCUMENT, f"is nested deeper than {MAX_DEPTH} at place {token.start()}")


def _object(pairs: list[tuple[str, Any]]) -> Object:
    value = Object()
    for key, item in pairs:
        if key in value and value.twice is None:
            value.twice = key
        value[key] = item
    return value


def _constant(text: str) -> NoReturn:
    raise InvalidPolicy(_DOCUMENT, f"is not JSON: {text} is no value")
