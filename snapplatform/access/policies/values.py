"""Values of conditions: texts that policies, tags and requests write, as what they mean."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
# What a request may say under a condition key.
Value = str | bool | datetime | Decimal | IPv4Address | IPv6Address

# No exponents: 1e999999999 is short to write and long to work with.
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,18})?")
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_NETWORK = re.compile(r"[0-9A-Fa-f:.]{2,45}(/[0-9]{1,3})?")
_MAPPED = IPv6Network("::ffff:0:0/96")


class Family(StrEnum):
    """Kinds of values, as operators are named after them; the value is what to call it in words."""

    STRING = "a text"
    NUMERIC = "a number"
    DATE = "a time"
    BOOL = "true or false"
    IP = "an address"


def number(text: str) -> Decimal:
    """A number in plain decimal digits. Raises ValueError in words."""
    if not _NUMBER.fullmatch(text):
        raise ValueError("must be a number of at most 18 digits before and after the point, as 5 or -0.25")
    return Decimal(text)


def time(text: str) -> datetime:
    """A time in ISO 8601 with its zone, in UTC. Raises ValueError in words."""
    if not _TIME.fullmatch(text):
        raise ValueError("must be a time with its zone, as 2026-11-20T08:00:00Z or 2026-11-20T09:00+01:00")
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError("there is no such time") from error


def flag(text: str) -> bool:
    """`true` or `false`. Raises ValueError in words."""
    if text.lower() not in ("true", "false"):
        raise ValueError("must be true or false")
    return text.lower() == "true"


def network(text: str) -> Network:
    """An address, or a network in CIDR form; bits behind the mask don't matter. Raises ValueError in words.

    IPv4 written inside of IPv6 (::ffff:10.0.0.1) is the IPv4 address that it means.
    """
    try:
        if not _NETWORK.fullmatch(text):
            raise ValueError
        found = ip_network(text, strict=False)
    except ValueError as error:
        raise ValueError(
            "must be an address or a network, as 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32"
        ) from error
    if isinstance(found, IPv6Network) and found.subnet_of(_MAPPED):
        plain = IPv4Address(int(found.network_address) & 0xFFFFFFFF)
        return IPv4Network((plain, found.prefixlen - 96))
    return found


def address(text: str) -> Address:
    """An address as networks are compared with it. Raises ValueError."""
    found = ip_address(text)
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


def plain_text(text: str) -> str:
    return text


READERS: dict[Family, Callable[[str], object]] = {
    Family.STRING: plain_text,
    Family.NUMERIC: number,
    Family.DATE: time,
    Family.BOOL: flag,
    Family.IP: network,
}
# What a request's value is read as: for addresses not what a policy writes.
_ASKED: dict[Family, Callable[[str], object]] = {**READERS, Family.IP: address}
_TYPES: dict[Family, type | tuple[type, ...]] = {
    Family.STRING: str,
    Family.NUMERIC: Decimal,
    Family.DATE: datetime,
    Family.BOOL: bool,
    Family.IP: (IPv4Address, IPv6Address),
}


def asked(family: Family, value: Value) -> object | None:
    """A request's value as one of the family, or None: what can't be read as one counts as missing.

    Tags are texts, whatever they are compared as; the other keys come typed.
    """
    if isinstance(value, _TYPES[family]):
        return value
    if not isinstance(value, str):
        return None
    try:
        return _ASKED[family](value)
    except ValueError:
        return None
