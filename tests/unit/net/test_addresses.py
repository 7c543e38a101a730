"""The table of addresses that nobody may name."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapplatform.net import Network, why_refused
from snapplatform.net.addresses import plain

REFUSED = {
    "this machine": ["127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1"],
    "this network": ["0.0.0.0", "0.1.2.3", "::"],
    "a private network": ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.0.1", "fc00::1", "fd00::1"],
    "a provider's or cloud's own network": ["100.64.0.1", "100.127.255.255", "100.100.100.200"],
    "a cloud's own service": ["168.63.129.16", "::ffff:a83f:8110"],
    "a link-local network": ["169.254.169.254", "169.254.0.23", "fe80::1", "fe80::1%eth0", "febf::1"],
    "a reserved network": ["192.0.0.192", "240.0.0.1", "255.255.255.255", "4000::1", "100::1", "2001:1::1"],
    "a network for examples": ["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"],
    "a network for measurements": ["198.18.0.1", "198.19.255.255"],
    "multicast": ["224.0.0.1", "239.255.255.255", "ff02::1"],
    "IPv4 inside of IPv6": ["::2", "::8.8.8.8", "::127.0.0.1", "::ffff:0:8.8.8.8"],
    "a relay between IPv4 and IPv6": [
        *("192.88.99.1", "64:ff9b::8.8.8.8", "64:ff9b:1::8.8.8.8", "2002:808:808::1", "2001:0:808:808::1")
    ],
}
PUBLIC = ["8.8.8.8", "1.1.1.1", "168.63.129.15", "172.32.0.1", "100.128.0.1", "2600::1", "2a00:1450::1"]
EVERYTHING: list[Network] = [ip_network("::/0")]


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, all in REFUSED.items() for text in all])
def test_special_addresses_are_refused_with_their_kind(kind: str, text: str) -> None:
    assert why_refused(ip_address(text)) == kind


@pytest.mark.parametrize("text", [*PUBLIC, "::ffff:8.8.8.8"])
def test_public_addresses_are_good(text: str) -> None:
    assert why_refused(ip_address(text)) == ""


@pytest.mark.parametrize(
    "text",
    [
        "64:ff9b::10.0.0.1",
        "64:ff9b:1::10.0.0.1",
        "::10.0.0.1",
        "::ffff:0:10.0.0.1",
        "2002:a00:1::1",
        "2001:0:a00:1::f7f7:f7f7",  # a Teredo server at 10.0.0.1
        "2001:0:808:808::f5ff:fffe",  # a Teredo host at 10.0.0.1
        "2600::5efe:10.0.0.1",
        "2600::200:5efe:10.0.0.1",
    ],
)
def test_what_hides_in_an_address_must_be_good_as_well(text: str) -> None:
    assert why_refused(ip_address(text), EVERYTHING) == "a private network"
    assert why_refused(ip_address(text), [*EVERYTHING, ip_network("10.0.0.0/8")]) == ""


def test_an_allowed_relay_leads_to_public_addresses_only() -> None:
    relay: list[Network] = [ip_network("64:ff9b::/96")]
    assert why_refused(ip_address("64:ff9b::8.8.8.8"), relay) == ""
    assert why_refused(ip_address("64:ff9b::127.0.0.1"), relay) == "this machine"


def test_an_allowed_network_opens_nothing_beside_it() -> None:
    allowed: list[Network] = [ip_network("192.168.7.0/24")]
    assert why_refused(ip_address("192.168.7.9"), allowed) == ""
    assert why_refused(ip_address("::ffff:192.168.7.9"), allowed) == ""
    assert why_refused(ip_address("192.168.8.9"), allowed) == "a private network"


@given(st.integers(0, 2**32 - 1).map(IPv4Address) | st.integers(0, 2**128 - 1).map(IPv6Address))
def test_what_python_calls_local_is_refused_too(address: IPv4Address | IPv6Address) -> None:
    if why_refused(address):
        return
    real = plain(address)
    assert real.is_global
    assert not real.is_multicast
    assert not real.is_reserved


@given(st.integers(0, 2**32 - 1).map(IPv4Address))
def test_the_mapped_form_is_judged_like_the_address(address: IPv4Address) -> None:
    assert why_refused(ip_address(f"::ffff:{address}")) == why_refused(address)
