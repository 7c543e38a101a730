"""Policy documents, made short for tests."""

import json
from datetime import UTC, datetime
from typing import Any

from snapplatform.access.action import Action
from snapplatform.access.actions import find_action
from snapplatform.access.policies.evaluation import Attached, Request
from snapplatform.access.policies.language import parse
from snapplatform.access.policies.values import Value
from snapplatform.access.resources import resource

ACCOUNT = 1000000000000001
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def statement(effect: str = "Allow", action: Any = "*", target: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": target, **more}


def text(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "1", "Statement": list(statements)})


def attached(*statements: dict[str, Any], name: str = "tested", via: str = "") -> Attached:
    return Attached(name, parse(text(*statements)), via=via)


def action(name: str) -> Action:
    found = find_action(name)
    assert found is not None
    return found


def request(name: str = "snap:GetJob", kind: str = "job", *names: object, **context: Value) -> Request:
    """`context` writes `_` for the colon: snap_StreamName="door"."""
    said = {key.replace("_", ":", 1): value for key, value in context.items()}
    return Request(action(name), resource(ACCOUNT, kind, *(names or ("7",))), said)
