"""A second policy evaluator, made in another way from the same rules: straight from the JSON, with regular
expressions, nothing compiled, nothing shared with the first."""

import ipaddress
import json
import re
from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction
from typing import Any

FOUND = {True: "Allow", False: "ExplicitDeny", None: "ImplicitDeny"}


def decide(
    documents: list[str], action: str, aliases: list[str], names: list[str], context: Mapping[str, str]
) -> str:
    """`names` are whole resource names, one for each service and name; `context` is all texts."""
    said: set[str] = set()
    for document in documents:
        statements = json.loads(document)["Statement"]
        for one in statements if isinstance(statements, list) else [statements]:
            if _about(one, [action, *aliases], names) and _conditions(one.get("Condition", {}), context):
                said.add(one["Effect"])
    return FOUND[False if "Deny" in said else True if "Allow" in said else None]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _like(pattern: str, text: str) -> bool:
    pieces = {"*": "[\\s\\S]*", "?": "[\\s\\S]"}
    return re.fullmatch("".join(pieces.get(one) or re.escape(one) for one in pattern), text) is not None


def _about(one: dict[str, Any], actions: list[str], names: list[str]) -> bool:
    key = "Action" if "Action" in one else "NotAction"
    named = any(_like(pattern.upper(), name.upper()) for pattern in _list(one[key]) for name in actions)
    if named == (key == "NotAction"):
        return False
    key = "Resource" if "Resource" in one else "NotResource"
    meant = any(_names(pattern, name) for pattern in _list(one[key]) for name in names)
    return meant == (key == "Resource")


def _names(pattern: str, name: str) -> bool:
    if pattern == "*":
        return True
    wanted, given = pattern.split(":", 4), name.split(":", 4)
    return _like(wanted[1].lower(), given[1]) and all(_like(wanted[at], given[at]) for at in (3, 4))


def _conditions(conditions: dict[str, Any], context: Mapping[str, str]) -> bool:
    return all(
        _one(operator, _list(values), context.get(key))
        for operator, keys in conditions.items()
        for key, values in keys.items()
    )


def _one(operator: str, values: list[Any], said: str | None) -> bool:
    if "Not" in operator:
        return not _one(operator.replace("Not", ""), values, said)
    return said is not None and any(_holds(operator, value, said) for value in values)


def _holds(operator: str, value: Any, said: str) -> bool:
    if operator == "StringLike":
        return _like(value, said)
    if operator == "StringEqualsIgnoreCase":
        return bool(value.casefold() == said.casefold())
    if operator == "Bool":
        return str(value).lower() == said
    if operator == "IpAddress":
        network = ipaddress.ip_network(value, strict=False)
        found = ipaddress.ip_address(said)
        return network.version == found.version and (int(found) & int(network.netmask)) == int(
            network.network_address
        )
    read: Any = {"S": str, "N": Fraction, "D": datetime.fromisoformat}[operator[0]]
    left, right = read(said), read(str(value))
    compare = {
        "Equals": left == right,
        "LessThan": left < right,
        "LessThanEquals": left <= right,
        "GreaterThan": left > right,
        "GreaterThanEquals": left >= right,
    }
    return bool(compare[re.sub("String|Numeric|Date", "", operator)])
