"""Random policies and requests that often nearly match; the same for the same seed."""

import json
from random import Random
from typing import Any

from snapplatform.access.actions import ACTIONS

ACCOUNTS = (1000000000000001, 1000000000000002)
KINDS = ("job", "stream", "bucket", "snapshot")
NAMES = ("7", "door", "door-1", "local/pics", "x:1:job/7", "Door", "*", "")
STREAMS = ("door", "door-1", "Roof", "roof", "tür", "[a]", "")
TIMES = (
    "2026-11-19T12:00:00Z",
    "2026-11-20T12:00:00Z",
    "2026-11-20T13:00:00+01:00",
    "2026-11-21T00:00:00.5Z",
)
ADDRESSES = ("10.0.0.1", "10.255.0.9", "192.0.2.7", "2001:db8::1", "fe80::9")
NUMBERS = ("5", "-0.25", "10", "10.0", "3.5")
VALUES: dict[str, tuple[Any, ...]] = {
    "String": (*STREAMS, "d*", "?oor", "*", "*-?", "DOOR", "acs:ram::*"),
    "Numeric": NUMBERS,
    "Date": TIMES,
    "Bool": ("true", "false", True, False),
    "Ip": ("10.0.0.0/8", "10.0.0.1", "192.0.2.0/31", "2001:db8::/32", "0.0.0.0/0", "::/0"),
}
OPERATORS = {
    "String": [f"String{one}" for one in ("Equals", "NotEquals", "Like", "NotLike")]
    + ["StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"],
    "Bool": ["Bool"],
    "Ip": ["IpAddress", "NotIpAddress"],
    **{
        start: [start + one for one in ("Equals", "NotEquals", "LessThan", "LessThanEquals")]
        + [f"{start}GreaterThan", f"{start}GreaterThanEquals"]
        for start in ("Numeric", "Date")
    },
}
KEYS = {
    "String": ("snap:StreamName", "snap:Bucket", "acs:PrincipalARN", "acs:ResourceTag/team"),
    "Numeric": ("acs:RequestTag/level",),
    "Date": ("acs:CurrentTime", "snap:MediaTime"),
    "Bool": ("acs:SecureTransport",),
    "Ip": ("acs:SourceIp",),
}


def document(random: Random) -> str:
    statements = [_statement(random) for _ in range(random.randint(1, 5))]
    single = len(statements) == 1 and random.random() < 0.5
    return json.dumps({"Version": "1", "Statement": statements[0] if single else statements})


def context(random: Random) -> dict[str, str]:
    """Condition keys as texts; some are left out."""
    said = {
        "snap:StreamName": random.choice(STREAMS),
        "snap:Bucket": random.choice(STREAMS),
        "acs:PrincipalARN": "acs:ram::1000000000000001:user/anna",
        "acs:ResourceTag/team": random.choice(STREAMS),
        "acs:RequestTag/level": random.choice(NUMBERS),
        "acs:CurrentTime": random.choice(TIMES),
        "snap:MediaTime": random.choice(TIMES),
        "acs:SecureTransport": random.choice(("true", "false")),
        "acs:SourceIp": random.choice(ADDRESSES),
    }
    return {key: value for key, value in said.items() if random.random() < 0.8}


def _statement(random: Random) -> dict[str, Any]:
    made: dict[str, Any] = {"Effect": random.choices(("Allow", "Deny"), (3, 1))[0]}
    made["Action" if random.random() < 0.85 else "NotAction"] = _some(random, _action)
    made["Resource" if random.random() < 0.85 else "NotResource"] = _some(random, _target)
    if random.random() < 0.5:
        made["Condition"] = _conditions(random)
    return made


def _some(random: Random, make: Any) -> Any:
    return make(random) if random.random() < 0.5 else [make(random) for _ in range(random.randint(1, 3))]


def _action(random: Random) -> str:
    action = random.choice(ACTIONS)
    name = random.choice((action.name, *action.aliases))
    service, verb = name.split(":")
    kind = random.randrange(6)
    if kind == 0:
        return random.choice(("*", "*:*", "snap:*", "ice:*", "?nap:Get*"))
    if kind == 1:
        return f"{service}:{verb[:3]}*"
    if kind == 2:
        return f"{service}:{verb[:-1]}?"
    if kind == 3:
        return f"{service}:*{verb[-4:]}".upper()
    return name


def _target(random: Random) -> str:
    if random.random() < 0.25:
        return "*"
    service = random.choice(("snap", "snap", "ice", "*", "tiw", "SNAP", "?ce"))
    account = random.choice((*map(str, ACCOUNTS), "*", "*", "100000000000000?"))
    name = random.choice(NAMES)
    pieces = (
        f"{random.choice(KINDS)}/{name}",
        f"{random.choice(KINDS)}/*",
        f"*/{name}*",
        "*",
        f"?*/{name[:2]}?*",
    )
    return f"acs:{service}:{random.choice(('*', '', 'cn-x'))}:{account}:{random.choice(pieces)}"


def _conditions(random: Random) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for _ in range(random.randint(1, 2)):
        family = random.choice(list(OPERATORS))
        keys = random.sample(KEYS[family], random.randint(1, min(2, len(KEYS[family]))))
        made[random.choice(OPERATORS[family])] = {
            key: _some(random, lambda one, family=family: one.choice(VALUES[family])) for key in keys
        }
    return made
