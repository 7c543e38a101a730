"""What a template may say: ICE's rules for names and intervals, widened (0.5 s, PNG, WebP, sizes)."""

from collections.abc import Callable, Mapping
from typing import Any

from snapplatform import checks
from snapplatform.errors import InvalidValue
from snapplatform.storage import names
from templates.models import Template

MIN_INTERVAL_MS = 500
MAX_INTERVAL_MS = 3_600_000
MIN_SIDE, MAX_SIDE = 16, 8192
SUFFIXES = {"jpeg": (".jpg", ".jpeg"), "png": (".png",), "webp": (".webp",)}
_ALL_SUFFIXES = tuple(suffix for suffixes in SUFFIXES.values() for suffix in suffixes)


def examine(values: Mapping[str, Any]) -> checks.Problems:
    """What is wrong with those of a template's fields that are there, all of it."""
    problems = checks.Problems()
    for name, rule in _RULES.items():
        if name in values:
            with problems.of():
                rule(values[name])
    for name in ("overwrite_format", "sequence_format"):
        if name in values:
            with problems.of():
                _check_format(name, values[name], values.get("image_format"))
    with problems.of():
        if values.get("overwrite_format") == values.get("sequence_format") == "":
            raise InvalidValue("overwrite_format", "give overwrite_format, sequence_format or both")
    return problems


def check(template: Template) -> None:
    """Raise InvalidValue or InvalidValues unless the template may be saved."""
    names_of_fields = (*_RULES, "overwrite_format", "sequence_format")
    examine({name: getattr(template, name) for name in names_of_fields}).raise_any()


def _check_format(parameter: str, text: object, image_format: object) -> None:
    """`image_format` may be unknown (a change that doesn't name it): then any picture's suffix will do."""
    checks.text(parameter, text, longest=names.MAX_FORMAT)
    if not text:
        return
    every = parameter == "sequence_format"
    names.check_format(
        parameter,
        str(text),
        allowed=names.PLACEHOLDERS if every else {"JobId"},
        suffixes=SUFFIXES.get(str(image_format), _ALL_SUFFIXES),
        needs=("UnixTimestamp", "Sequence") if every else (),
    )


def _side(name: str) -> Callable[[Any], object]:
    return lambda value: value is None or checks.number(name, value, low=MIN_SIDE, high=MAX_SIDE)


_RULES: dict[str, Callable[[Any], object]] = {
    "name": lambda value: checks.text("name", value, shortest=1, longest=128),
    "interval_ms": lambda value: checks.number(
        "interval_ms", value, low=MIN_INTERVAL_MS, high=MAX_INTERVAL_MS
    ),
    "image_format": lambda value: checks.choice("image_format", value, list(SUFFIXES)),
    "quality": lambda value: checks.number("quality", value, low=1, high=100),
    "width": _side("width"),
    "height": _side("height"),
    "capture": lambda value: checks.choice("capture", value, list(Template.Capture.values)),
}
