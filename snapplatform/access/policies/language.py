"""From the JSON of a policy document to statements. What the language doesn't have makes it invalid:
a mistake that is silently ignored would allow, or fail to deny."""

import hashlib
import re
from collections import defaultdict

from snapplatform.access.policies.document import Actions, Document, Effect, Statement, Target, Targets
from snapplatform.access.policies.errors import InvalidPolicy
from snapplatform.access.policies.keys import KEYS, TAGS, find_key
from snapplatform.access.policies.operators import OPERATORS, Operator, Test
from snapplatform.access.policies.reading import (
    Number,
    Object,
    below,
    check_keys,
    one_or_more,
    read,
    text_of,
)
from snapplatform.access.policies.values import READERS, Family
from snapplatform.access.policies.wildcards import PatternSet

MAX_STATEMENTS = 100
_ELEMENTS = ("Effect", "Action", "NotAction", "Resource", "NotResource", "Condition")
_ACTION = re.compile(r"\*|[A-Za-z0-9_*?-]+:[A-Za-z0-9_*?-]+")
_FIELDS = (
    ("service", re.compile(r"[A-Za-z0-9_*?-]+")),
    ("region", re.compile(r"[A-Za-z0-9_*?-]*")),
    ("account", re.compile(r"[0-9*?]+")),
)


def digest_of(document: str) -> str:
    """By what compiled documents are kept: the SHA-256 of the text, in hex."""
    return hashlib.sha256(document.encode("utf-8", "surrogatepass")).hexdigest()


def parse(document: str | bytes) -> Document:
    """The document, ready to be evaluated. Raises InvalidPolicy with the path of the first mistake."""
    root = read(document)
    check_keys("", root, ("Version", "Statement"))
    if root.get("Version") != "1" or isinstance(root["Version"], Number):
        raise InvalidPolicy("Version", 'must be the text "1"')
    if "Statement" not in root:
        raise InvalidPolicy("Statement", "is missing")
    found = one_or_more("Statement", root["Statement"])
    if len(found) > MAX_STATEMENTS:
        raise InvalidPolicy("Statement", f"may have {MAX_STATEMENTS} statements; make two policies")
    statements = [_statement(index, path, value) for index, (path, value) in enumerate(found)]
    text = document.decode() if isinstance(document, bytes) else document
    return Document(digest_of(text), tuple(statements))


def _statement(index: int, path: str, value: object) -> Statement:
    value = _object(path, value)
    if "Principal" in value:
        raise InvalidPolicy(below(path, "Principal"), "a policy is for whom it is attached to; leave it out")
    check_keys(path, value, _ELEMENTS)
    if "Effect" not in value:
        raise InvalidPolicy(below(path, "Effect"), "is missing")
    if value["Effect"] not in tuple(Effect):
        raise InvalidPolicy(below(path, "Effect"), "must be Allow or Deny")
    return Statement(
        index=index,
        effect=Effect(value["Effect"]),
        actions=_actions(path, value),
        targets=_targets(path, value),
        tests=_tests(below(path, "Condition"), value.get("Condition", Object())),
    )


def _object(path: str, value: object) -> Object:
    if not isinstance(value, Object):
        raise InvalidPolicy(path, "must be a JSON object")
    return value


def _one_of(path: str, value: Object, positive: str) -> tuple[list[tuple[str, object]], bool]:
    """The element or its Not... form, of which there must be one: its values, and whether it is negated."""
    negative = f"Not{positive}"
    if (positive in value) == (negative in value):
        why = f"write one of {positive} and {negative}" + (", not both" if positive in value else "")
        raise InvalidPolicy(below(path, negative if positive in value else positive), why)
    name = positive if positive in value else negative
    return one_or_more(below(path, name), value[name]), name == negative


def _actions(path: str, value: Object) -> Actions:
    written, negated = _one_of(path, value, "Action")
    patterns = []
    for where, item in written:
        text = text_of(where, item)
        if not _ACTION.fullmatch(text):
            raise InvalidPolicy(where, "must be * or service:Action, as snap:GetJob or ice:Get*")
        patterns.append(text.lower())
    return Actions(PatternSet(patterns), negated)


def _targets(path: str, value: Object) -> Targets:
    written, negated = _one_of(path, value, "Resource")
    everything, groups = False, defaultdict(list)
    for where, item in written:
        text = text_of(where, item)
        if text == "*":
            everything = True
            continue
        service, account, relative = _fields(where, text)
        groups[service, account].append(relative)
    targets = [
        Target(PatternSet([service]), PatternSet([account]), PatternSet(relatives))
        for (service, account), relatives in groups.items()
    ]
    return Targets(tuple(targets), everything, negated)


def _fields(path: str, text: str) -> tuple[str, str, str]:
    """Service, account and relative name of a resource pattern."""
    start, *fields = text.split(":", 4)
    if start != "acs" or len(fields) != 4 or not fields[3]:
        raise InvalidPolicy(path, "must be * or acs:service:region:account:type/name, as acs:snap:*:*:job/*")
    for (name, allowed), field in zip(_FIELDS, fields[:3], strict=True):
        if not allowed.fullmatch(field):
            raise InvalidPolicy(path, f"the {name} can't be {field[:40]!r}; write * for any")
    return fields[0].lower(), fields[2], fields[3]


def _tests(path: str, value: object) -> tuple[Test, ...]:
    conditions = _object(path, value)
    check_keys(path, conditions, tuple(OPERATORS))
    tests = []
    for name, keys in conditions.items():
        where = below(path, name)
        if not _object(where, keys):
            raise InvalidPolicy(where, "names no condition key")
        if keys.twice is not None:
            raise InvalidPolicy(below(where, keys.twice), "stands twice")
        tests += [_test(below(where, key), OPERATORS[name], key, item) for key, item in keys.items()]
    return tuple(tests)


def _test(path: str, operator: Operator, name: str, value: object) -> Test:
    key = find_key(name)
    if key is None:
        raise InvalidPolicy(path, f"no such condition key; there are {', '.join(_known_keys())}")
    if operator.family not in key.families:
        kind = next(iter(key.families))
        fitting = ", ".join(one.name for one in OPERATORS.values() if one.family is kind)
        raise InvalidPolicy(path, f"{name} is {kind}: use one of {fitting}")
    written = [(where, _written(where, operator.family, item)) for where, item in one_or_more(path, value)]
    wanted = []
    for where, text in written:
        try:
            wanted.append(READERS[operator.family](text))
        except ValueError as error:
            raise InvalidPolicy(where, str(error)) from error
    texts = tuple(text for _, text in written)
    return Test(operator, name, texts, tuple(wanted), operator.prepare(wanted))


def _written(path: str, family: Family, value: object) -> str:
    """A value as text; numbers and booleans may also be JSON's own, where the operator is about such."""
    if family is Family.NUMERIC and isinstance(value, Number):
        return str(value)
    if family is Family.BOOL and isinstance(value, bool):
        return "true" if value else "false"
    return text_of(path, value)


def _known_keys() -> list[str]:
    return [*KEYS, *(f"{start}<key>" for start in TAGS)]
