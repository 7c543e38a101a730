"""Checks of values that callers give, for all services: they answer in words before a database would."""

from snapplatform.errors import InvalidValue, InvalidValues


def text(parameter: str, value: object, *, longest: int, shortest: int = 0) -> str:
    """A printable text within lengths. PostgreSQL fails on NUL and lone surrogates, which SQLite stores."""
    if not isinstance(value, str):
        raise InvalidValue(parameter, "must be text")
    if len(value) < shortest:
        raise InvalidValue(
            parameter, "must not be empty" if shortest == 1 else f"at least {shortest} characters"
        )
    if len(value) > longest:
        raise InvalidValue(parameter, f"at most {longest} characters")
    if not value.isprintable():
        raise InvalidValue(parameter, "must not contain control or invalid characters")
    return value


def number(parameter: str, value: object, *, low: int, high: int) -> int:
    """A whole number within bounds."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidValue(parameter, "must be a whole number")
    if not low <= value <= high:
        raise InvalidValue(parameter, f"must be from {low} to {high}")
    return value


def choice(parameter: str, value: object, choices: list[str]) -> str:
    if value not in choices:
        raise InvalidValue(parameter, f"must be one of {', '.join(choices)}")
    return str(value)


class Problems:
    """Collects what is wrong with several parameters, so that a caller learns of all at once.

    with problems.of(): checks.text(...)
    problems.raise_any()
    """

    def __init__(self) -> None:
        self.found: list[InvalidValue] = []

    def of(self) -> "Problems":
        return self

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if isinstance(error, InvalidValue):
            self.found.append(error)
            return True
        return False

    def raise_any(self) -> None:
        if len(self.found) == 1:
            raise self.found[0]
        if self.found:
            raise InvalidValues(self.found)
