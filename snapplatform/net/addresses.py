"""Which IP addresses are anybody's to connect to.

Python's `is_global` is not enough: it is true for multicast, NAT64, 6to4, fec0::/10, ::/96 and the addresses
of clouds' own services. Source: IANA's special-purpose address registries, and the clouds' manuals.
"""

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_DENIED_4 = [
    (IPv4Network(text), name)
    for text, name in (
        ("0.0.0.0/8", "this network"),
        ("10.0.0.0/8", "a private network"),
        ("100.64.0.0/10", "a provider's or cloud's own network"),
        ("127.0.0.0/8", "this machine"),
        ("168.63.129.16/32", "a cloud's own service"),  # Azure's, in the middle of public space
        ("169.254.0.0/16", "a link-local network"),  # the metadata of most clouds
        ("172.16.0.0/12", "a private network"),
        ("192.0.0.0/24", "a reserved network"),  # with 192.0.0.192, Oracle's metadata
        ("192.0.2.0/24", "a network for examples"),
        ("192.88.99.0/24", "a relay between IPv4 and IPv6"),
        ("192.168.0.0/16", "a private network"),
        ("198.18.0.0/15", "a network for measurements"),
        ("198.51.100.0/24", "a network for examples"),
        ("203.0.113.0/24", "a network for examples"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "a reserved network"),
    )
]
_GLOBAL_6 = IPv6Network("2000::/3")  # all that is handed out; the rest is special or not in use
_DENIED_6 = [
    (IPv6Network(text), name)
    for text, name in (
        ("::/128", "this network"),
        ("::1/128", "this machine"),
        ("::/96", "IPv4 inside of IPv6"),
        ("::ffff:0:0:0/96", "IPv4 inside of IPv6"),
        ("64:ff9b::/96", "a relay between IPv4 and IPv6"),
        ("64:ff9b:1::/48", "a relay between IPv4 and IPv6"),
        ("2001::/32", "a relay between IPv4 and IPv6"),  # Teredo
        ("2001::/23", "a reserved network"),
        ("2001:db8::/32", "a network for examples"),
        ("2002::/16", "a relay between IPv4 and IPv6"),  # 6to4
        ("3fff::/20", "a network for examples"),
        ("fc00::/7", "a private network"),
        ("fe80::/10", "a link-local network"),
        ("fec0::/10", "a private network"),
        ("ff00::/8", "multicast"),
    )
]
_LAST_FOUR_BYTES = [
    IPv6Network(text) for text in ("::/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48")
]
_SIX_TO_FOUR, _TEREDO = IPv6Network("2002::/16"), IPv6Network("2001::/32")
_ISATAP = (0x00005EFE, 0x02005EFE)


def plain(address: Address) -> Address:
    """The address that a connection really goes to: IPv4 for one written as ::ffff:a.b.c.d, and no zone."""
    if isinstance(address, IPv4Address):
        return address
    return address.ipv4_mapped or IPv6Address(int(address))


def why_refused(address: Address, allowed: Sequence[Network] = ()) -> str:
    """What kind of address it is that nobody may name, or "". An address inside of a network in `allowed` is
    good, but an IPv4 address that hides in an IPv6 one has to be good as well."""
    address = plain(address)
    reason = _own_reason(address, allowed)
    if reason or isinstance(address, IPv4Address):
        return reason
    return next(filter(None, (_own_reason(one, allowed) for one in embedded(address))), "")


def embedded(address: IPv6Address) -> Iterator[IPv4Address]:
    """IPv4 addresses to which a relay or a tunnel would pass on what is sent to `address`."""
    number = int(address)
    last = IPv4Address(number & 0xFFFFFFFF)
    if number > 1 and any(address in network for network in _LAST_FOUR_BYTES):
        yield last
    if address in _SIX_TO_FOUR:
        yield IPv4Address(number >> 80 & 0xFFFFFFFF)
    if address in _TEREDO:
        yield IPv4Address(number >> 64 & 0xFFFFFFFF)  # its server
        yield IPv4Address(~number & 0xFFFFFFFF)  # and the host behind, written upside down
    if number >> 32 & 0xFFFFFFFF in _ISATAP:
        yield last


def _own_reason(address: Address, allowed: Sequence[Network]) -> str:
    """Of networks of the other version `in` is False."""
    if any(address in network for network in allowed):
        return ""
    if isinstance(address, IPv4Address):
        return next((name for network, name in _DENIED_4 if address in network), "")
    reason = next((name for network, name in _DENIED_6 if address in network), "")
    return reason or ("" if address in _GLOBAL_6 else "a reserved network")
