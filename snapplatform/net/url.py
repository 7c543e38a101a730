"""Reading of a URL that a stranger gave, more strictly than any library that will open it.

Parsers differ about controls, backslashes, a second "@" and short forms of addresses: what one of them checks
is not what another opens. So a URL which could be read in two ways is refused.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import unquote

from snapplatform.errors import InvalidValue

LONGEST = 2048
_PARTS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)(.*)")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


@dataclass(frozen=True, slots=True)
class Url:
    """`host` is a name in ASCII and lower case, or an address without brackets; `rest` is path, query and
    fragment as they were written. Secrets are not in the repr."""

    scheme: str
    host: str
    port: int | None
    rest: str = field(repr=False)
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    @property
    def authority(self) -> str:
        """Host and port as they stand in a URL, without user and password."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"


def check_url(text: object, *, schemes: Collection[str], parameter: str) -> Url:
    """Raises InvalidValue (of `parameter`) in words; it never repeats the URL, which may hold a key."""
    if not isinstance(text, str) or not text:
        raise InvalidValue(parameter, "must be a URL")
    if len(text) > LONGEST:
        raise InvalidValue(parameter, f"at most {LONGEST} characters")
    if not text.isprintable() or " " in text or "\\" in text:
        raise InvalidValue(parameter, "must not contain spaces, backslashes, control or invalid characters")
    parts = _PARTS.fullmatch(text)
    if parts is None or parts[1].lower() not in schemes:
        raise InvalidValue(parameter, f"must begin with {' or '.join(f'{one}://' for one in schemes)}")
    userinfo, at, place = parts[2].rpartition("@")
    if "@" in userinfo or not unquote(userinfo).isprintable():  # %0D%0A would end a header
        raise InvalidValue(parameter, "user name or password: write @ as %40, and no control characters")
    user, colon, password = userinfo.partition(":")
    host, port = _host_and_port(place, parameter)
    return Url(
        scheme=parts[1].lower(),
        host=host,
        port=port,
        rest=parts[3],
        user=unquote(user) if at else None,
        password=unquote(password) if colon else None,
    )


def _host_and_port(place: str, parameter: str) -> tuple[str, int | None]:
    found = re.fullmatch(r"(\[[^\[\]]*\]|[^:\[\]]*)(:[0-9]{1,5})?", place)
    if found is None:
        raise InvalidValue(parameter, "after the host only a colon and a port number may follow")
    port = int(found[2][1:]) if found[2] else None
    if port is not None and not 1 <= port <= 65535:
        raise InvalidValue(parameter, "the port must be from 1 to 65535")
    if found[1].startswith("["):
        return _version_6(found[1][1:-1], parameter), port
    return _name(found[1], parameter), port


def _version_6(text: str, parameter: str) -> str:
    try:
        if "%" in text:
            raise ValueError
        return str(IPv6Address(text))
    except ValueError:
        raise InvalidValue(parameter, "between brackets there must be an IPv6 address") from None


def _name(text: str, parameter: str) -> str:
    """A host name or IPv4 address. IDNA first, for it makes digits and dots of other characters."""
    if not text:
        raise InvalidValue(parameter, "a host is missing")
    try:
        name = text.lower() if text.isascii() else text.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise InvalidValue(parameter, "the host is not a valid name") from None
    name = name.removesuffix(".")
    labels = name.split(".")
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise InvalidValue(parameter, "the host is not a valid name")
    if _NUMBER.fullmatch(labels[-1]):
        try:
            return str(IPv4Address(name))
        except ValueError:
            raise InvalidValue(parameter, "write an IPv4 address as four decimal numbers") from None
    return name
