"""Two hundred documents that somebody wrote to make an evaluator slow, fall, or understand something else."""

import json
from random import Random
from typing import Any

from tests.unit.access.documents import statement, text

_LIMIT = 6144


def _packed(make: Any, pattern: str) -> str:
    """As many distinct patterns of one kind as a document holds."""
    written = [make(f"{number}{pattern}") for number in range(900)]
    while len(text(statement(target=written))) > _LIMIT:
        written.pop()
    return text(statement(target=written))


def _patterns() -> list[str]:
    found = []
    for piece in (
        "*a",
        "*?",
        "?",
        "*",
        "a*a",
        "a?a",
        "*aa",
        "[a-z]*",
        "(a+)+",
        "\\*",
        "a|",
        ".*",
        "é*",
        "\U0001f3a5?",
    ):
        long = piece * (5500 // (len(json.dumps(piece)) - 2))
        found.append(text(statement(target=f"acs:snap:*:*:job/{long}b")))
        found.append(text(statement(target=f"acs:snap:*:*:*{long}")))
        found.append(text(statement(Condition={"StringLike": {"snap:StreamName": long + "b"}})))
        found.append(text(statement(Condition={"StringNotLike": {"snap:StreamName": "*" + long + "b"}})))
        found.append(_packed(lambda tail: f"acs:snap:*:*:*?{tail}*", piece))
        found.append(_packed(lambda tail: f"acs:*?*:*:?*:*{tail}", piece))
    words = [bin(number)[2:].replace("1", "a").replace("0", "?") for number in range(256, 600)]
    found.append(
        text(statement(Condition={"StringLike": {"snap:StreamName": [f"*{one}b?" for one in words]}}))
    )
    found.append(
        text(statement(Condition={"StringLike": {"snap:StreamName": [f"*{one}*?" for one in words]}}))
    )
    found.append(
        text(
            statement(Condition={"StringLike": {"snap:StreamName": [f"{one}*?{one}" for one in words[:200]]}})
        )
    )
    found.append(text(statement(action="*:" + "*?" * 2800)))
    found.append(text(statement(action=["*:" + "*a" * 20 + str(number) for number in range(100)])))
    return found


def _shapes() -> list[str]:
    deep = [opening * depth for opening in ("[", '{"a":', '[{"Statement":') for depth in (9, 100, 990, 1200)]
    closed = [one + "1" + "]" * 40 for one in deep[:4]]
    strings = ['"' + "\\" * odd for odd in (1, 5999, 6000)] + [
        '"' + "[" * 6000 + '"',
        '"' * 6143,
        "\\" * 6000,
    ]
    whole = [text(statement()), text(statement("Deny"))]
    cut = [whole[0][:length] for length in range(0, len(whole[0]), 6)]
    values = [
        "1" * 6000,
        "-" * 6000,
        "1e999999",
        "1E400",
        "-Infinity",
        "NaN",
        "0x1",
        "nul",
        "'x'",
        "\x00",
        "\x0b",
        "",
    ]
    numbers = [f'{{"Version": "1", "Statement": {one}}}' for one in values]
    keys = ["{" + ", ".join(f'"{number}": 1' for number in range(500)) + "}"]
    twice = ['{"Version": "1", "Statement": [], "Statement": %s}' % one for one in whole]  # noqa: UP031
    prototypes = [
        f'{{"Version": "1", "{name}": {{}}}}' for name in ("__proto__", "__class__", "constructor", "twice")
    ]
    return [*deep, *closed, *strings, *cut, *values, *numbers, *keys, *twice, *prototypes]


def _conditions() -> list[str]:
    many = [f"{number}.0.0.0/8" for number in range(250)]
    made: list[dict[str, Any]] = [
        {"IpAddress": {"acs:SourceIp": many}},
        {"IpAddress": {"acs:SourceIp": ["::" * 20, "1" * 5000]}},
        {"IpAddress": {"acs:SourceIp": "0" * 5000}},
        {"NumericEquals": {"acs:RequestTag/x": "9" * 5000}},
        {"NumericEquals": {"acs:RequestTag/x": "1e999999999"}},
        {"NumericLessThan": {"acs:RequestTag/x": ["9" * 18] * 200}},
        {"DateLessThan": {"acs:CurrentTime": "9" * 5000}},
        {"DateLessThan": {"acs:CurrentTime": "9999-12-31T23:59:59-23:59"}},
        {"DateLessThan": {"acs:CurrentTime": "2026-11-20T08:00:00+99:99"}},
        {"StringEquals": {f"acs:ResourceTag/{number}": "" for number in range(200)}},
        {"StringEquals": {"acs:ResourceTag/" + "x" * 5000: ""}},
        {"StringEquals" * 400: {}},
        {"StringEqualsIgnoreCase": {"snap:Bucket": "ß" * 900}},
    ]
    return [text(statement(Condition=one)) for one in made]


def _noise() -> list[bytes]:
    random = Random(2)
    base = text(statement(Condition={"StringLike": {"snap:StreamName": ["a*", "b?"]}})).encode()
    found = [random.randbytes(random.randint(1, 6000)) for _ in range(20)]
    for _ in range(60):
        changed = bytearray(base)
        changed[random.randrange(len(changed))] = random.randrange(256)
        found.append(bytes(changed))
    return found


DOCUMENTS: list[str | bytes] = [*_patterns(), *_shapes(), *_conditions(), *_noise()]
