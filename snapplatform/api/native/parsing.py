"""Strict JSON: what Python's parser takes and a database or another reader would choke on is refused."""

import json
import math
import re
from typing import IO, Any, NoReturn

from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from snapplatform.api.native.errors import BodyTooLarge, MalformedJson

MAX_BODY = 1024 * 1024
MAX_DEPTH = 16
MAX_DIGITS = 18  # fits in 64 bits; 5000 digits would make int() raise, and 20 overflow a database's integer
_UNSAFE = re.compile("[\x00\ud800-\udfff]")
_UTF8 = ("utf-8", "utf8")


class StrictJsonParser(BaseParser):
    """One JSON object in UTF-8 of at most 1 MiB; `{}` for an empty body."""

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes] | Request, media_type: str | None = None, parser_context: object = None
    ) -> dict[str, Any]:
        raw = stream.read(MAX_BODY + 1)
        if len(raw) > MAX_BODY:
            raise BodyTooLarge()
        if not raw:
            return {}
        check_media_type(media_type or "")
        return parse_object(raw)


def check_media_type(content_type: str) -> None:
    """Raise UnsupportedMediaType unless it is application/json in UTF-8."""
    kind, _, parameters = content_type[:256].partition(";")
    charset = re.search(r'charset\s*=\s*"?([^";\s]*)', parameters, re.IGNORECASE)
    if kind.strip().lower() != "application/json" or (charset and charset[1].lower() not in _UTF8):
        said = content_type[:100] or "nothing"
        raise UnsupportedMediaType(said, f"Content-Type says {said}: send application/json, in UTF-8.")


def parse_object(raw: bytes) -> dict[str, Any]:
    """The JSON object that `raw` holds. Raises MalformedJson with the reason."""
    try:
        value = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_float=_float,
            parse_int=_int,
        )
    except UnicodeDecodeError as error:
        raise MalformedJson("The body is not UTF-8.") from error
    except RecursionError as error:
        raise MalformedJson(f"Nested deeper than {MAX_DEPTH}.") from error
    except json.JSONDecodeError as error:
        raise MalformedJson(f"Not JSON: {error.msg} at line {error.lineno}, column {error.colno}.") from error
    if not isinstance(value, dict):
        raise MalformedJson("The body must be a JSON object.")
    _check(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise MalformedJson(f"The key {twice[:100]!r} stands twice in one object.")
    return value


def _constant(text: str) -> NoReturn:
    raise MalformedJson(f"{text} is not JSON.")


def _float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise MalformedJson("A number is too large.")
    return value


def _int(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise MalformedJson("A whole number is too large.")
    return int(text)


def _check(root: dict[str, Any]) -> None:
    """Refuse depth, NUL and lone surrogates anywhere, without recursion."""
    waiting: list[tuple[Any, int]] = [(root, 1)]
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, str):
            if _UNSAFE.search(value):
                raise MalformedJson("A text contains NUL or half a surrogate pair.")
        elif isinstance(value, (dict, list)):
            if depth > MAX_DEPTH:
                raise MalformedJson(f"Nested deeper than {MAX_DEPTH}.")
            items = [*value.keys(), *value.values()] if isinstance(value, dict) else value
            waiting.extend((item, depth + 1) for item in items)
