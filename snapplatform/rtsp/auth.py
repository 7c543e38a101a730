"""Who we are, as the server wants to hear it: Digest (RFC 2617, RFC 7616) or Basic (RFC 7617)."""

import base64
import hashlib
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

_BASIC, _MD5, _SHA256 = 1, 2, 3  # the stronger, the higher
_ALGORITHMS = {"": _MD5, "md5": _MD5, "sha-256": _SHA256}
_HASHES: Mapping[int, Callable[[bytes], "hashlib._Hash"]] = {
    _MD5: lambda data: hashlib.md5(data, usedforsecurity=False),
    _SHA256: hashlib.sha256,
}
_SCHEME = re.compile(r"(?:^|,)\s*(Basic|Digest)(?=\s)", re.IGNORECASE)
# Read in linear time: no pattern begins inside of a name, and a quote that is never closed goes to the end.
_TEXT = r'"((?:[^"\\]|\\.)*+)(?:"|\\?\Z)'
_PARAMETER = re.compile(r"(?<![A-Za-z0-9_-])([A-Za-z][A-Za-z0-9_-]*+)\s*+=\s*+(?:" + _TEXT + r'|([^\s,"]*))')
_QUOTED = re.compile(_TEXT)
_CODING = ("utf-8", "surrogateescape")


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way in that a 401 offers."""

    strength: int
    realm: str = ""
    nonce: str = ""
    opaque: str | None = None
    algorithm: str = ""  # as it was written
    qop: bool = False
    stale: bool = False


class Authenticator:
    """Answers the challenges of one connection. The strongest one is taken, and later never a weaker one:
    whoever sits in between can't ask for Basic once a Digest was answered."""

    def __init__(self, user: str | None, password: str | None) -> None:
        self._user, self._password = user, password or ""
        self._challenge: Challenge | None = None
        self._count = 0
        self.accepted = False  # the server took it once

    @property
    def ready(self) -> bool:
        """Whether requests carry credentials."""
        return self._challenge is not None

    def challenged(self, values: list[str]) -> str:
        """Take the WWW-Authenticate headers of a 401; returns why it makes no sense to ask again, or ""."""
        if self._user is None:
            return "it wants a user name and a password"
        before = self._challenge
        offered = [one for value in values for one in read_challenges(value)]
        best = max(offered, key=lambda one: one.strength, default=None)
        if best is None:
            return "it wants a kind of authentication that is not known here"
        if before is not None and best.strength < before.strength:
            return "it wants a weaker kind of authentication than before"
        if before is not None and not best.stale and not self.accepted:
            return "user name or password are wrong"
        self._challenge, self._count, self.accepted = best, 0, False
        return ""

    def header(self, method: str, url: str, client_nonce: str | None = None) -> str:
        """The value of Authorization, or "" as long as nobody asked. `client_nonce` is for tests."""
        challenge = self._challenge
        if challenge is None or self._user is None:
            return ""
        if challenge.strength == _BASIC:
            token = f"{self._user}:{self._password}".encode(*_CODING)
            return f"Basic {base64.b64encode(token).decode()}"
        self._count += 1
        return self._digest(challenge, method, url, client_nonce or secrets.token_hex(8))

    def _digest(self, challenge: Challenge, method: str, url: str, client_nonce: str) -> str:
        def hashed(*parts: str) -> str:
            return _HASHES[challenge.strength](":".join(parts).encode(*_CODING)).hexdigest()

        who = hashed(self._user or "", challenge.realm, self._password)
        what = hashed(method, url)
        fields = {
            "username": self._user or "",
            "realm": challenge.realm,
            "nonce": challenge.nonce,
            "uri": url,
        }
        bare = {}
        if challenge.qop:
            count = f"{self._count:08x}"
            fields["response"] = hashed(who, challenge.nonce, count, client_nonce, "auth", what)
            bare = {"qop": "auth", "nc": count}
            fields["cnonce"] = client_nonce
        else:
            fields["response"] = hashed(who, challenge.nonce, what)
        if challenge.opaque is not None:
            fields["opaque"] = challenge.opaque
        if challenge.algorithm:
            bare["algorithm"] = challenge.algorithm
        parts = [f'{name}="{_escaped(value)}"' for name, value in fields.items()]
        return "Digest " + ", ".join(parts + [f"{name}={value}" for name, value in bare.items()])


def read_challenges(value: str) -> list[Challenge]:
    """What is known here of one WWW-Authenticate header, which may hold several challenges."""
    hidden = _QUOTED.sub(lambda found: "x" * len(found[0]), value)  # no scheme inside of quotes
    starts = list(_SCHEME.finditer(hidden))
    found = []
    for start, end in zip(starts, [*(one.start() for one in starts[1:]), len(value)], strict=False):
        text = value[start.end() : end]
        challenge = _challenge(start[1].lower(), _parameters(text))
        if challenge is not None:
            found.append(challenge)
    return found


def _challenge(scheme: str, given: dict[str, str]) -> Challenge | None:
    if scheme == "basic":
        return Challenge(_BASIC, given.get("realm", ""))
    strength = _ALGORITHMS.get(given.get("algorithm", "").lower())
    qop = [one.strip().lower() for one in given.get("qop", "").split(",") if one.strip()]
    if strength is None or "nonce" not in given or (qop and "auth" not in qop):
        return None
    return Challenge(
        strength,
        given.get("realm", ""),
        given["nonce"],
        given.get("opaque"),
        given.get("algorithm", ""),
        bool(qop),
        given.get("stale", "").lower() == "true",
    )


def _parameters(text: str) -> dict[str, str]:
    return {
        found[1].lower(): re.sub(r"\\(.)", r"\1", found[2]) if found[2] is not None else found[3]
        for found in _PARAMETER.finditer(text)
    }


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')
