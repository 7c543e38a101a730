"""Looking up: once, in bounded time, and nothing is returned that is not good."""

import socket
import threading
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snapplatform.net import Address, AddressRefused, Network, lookups, resolve, why_refused
from snapplatform.net.addresses import plain


class Names:
    """In place of socket.getaddrinfo: the answers for any name."""

    def __init__(self, *addresses: str, error: OSError | None = None) -> None:
        self.addresses = addresses
        self.error = error
        self.asked = 0

    def __call__(self, host: str, port: int, **options: object) -> list[object]:
        self.asked += 1
        if self.error is not None:
            raise self.error
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in self.addresses]


async def found(names: Names, *allowed: str) -> list[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", names)
        networks: list[Network] = [ip_network(one) for one in allowed]
        return [str(one) for one in await resolve("cam.example", 1935, allowed=networks, deadline=5)]


async def test_addresses_come_in_order_and_once() -> None:
    names = Names("2600::1", "8.8.8.8", "::ffff:8.8.8.8", "2600::1")
    assert await found(names) == ["2600::1", "8.8.8.8"]
    assert names.asked == 1


async def test_one_bad_address_among_good_ones_refuses_the_host() -> None:
    with pytest.raises(AddressRefused) as caught:
        await found(Names("8.8.8.8", "10.1.2.3"))
    assert str(caught.value) == "cam.example leads to a private network; SNAP_ALLOWED_NETWORKS may allow it"
    assert not caught.value.temporary
    assert await found(Names("8.8.8.8", "10.1.2.3"), "10.0.0.0/8") == ["8.8.8.8", "10.1.2.3"]


async def test_a_zone_is_not_passed_on() -> None:
    assert await found(Names("fe80::1%2"), "fe80::/10") == ["fe80::1"]


@pytest.mark.parametrize(
    ("names", "temporary"),
    [
        (Names(error=socket.gaierror(socket.EAI_NONAME, "none")), False),
        (Names(error=socket.gaierror(socket.EAI_AGAIN, "later")), True),
        (Names(error=OSError("no files left")), True),
        (Names(), False),
    ],
)
async def test_a_name_without_an_address_says_whether_to_try_again(names: Names, temporary: bool) -> None:
    with pytest.raises(AddressRefused) as caught:
        await found(names)
    assert caught.value.temporary is temporary


async def test_an_address_is_not_looked_up() -> None:
    names = Names(error=OSError("asked"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", names)
        assert await resolve("8.8.8.8", 80, allowed=[], deadline=5) == [ip_address("8.8.8.8")]
        with pytest.raises(AddressRefused):
            await resolve("::1", 80, allowed=[], deadline=5)
    assert not names.asked


async def test_names_that_are_never_answered_hold_up_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deadlines are kept, and names answer again as soon as a thread is free."""
    release = threading.Event()

    def silent(host: str, port: int, **options: object) -> list[object]:
        release.wait(20)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", port))]

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    try:
        for _ in range(lookups.THREADS + 3):
            with pytest.raises(AddressRefused, match="could not be looked up in"):
                await resolve("cam.example", 80, allowed=[], deadline=0.01)
    finally:
        release.set()
    assert await resolve("cam.example", 80, allowed=[], deadline=5) == [ip_address("8.8.8.8")]


ADDRESSES = st.one_of(
    st.integers(0, 2**32 - 1).map(IPv4Address),
    st.integers(0, 2**128 - 1).map(IPv6Address),
    st.integers(0, 2**32 - 1).map(lambda number: ip_address(f"64:ff9b::{IPv4Address(number)}")),
    st.integers(0, 2**32 - 1).map(lambda number: ip_address(f"::ffff:{IPv4Address(number)}")),
    st.integers(0, 2**32 - 1).map(lambda number: IPv6Address(0x2002 << 112 | number << 80)),
    st.sampled_from(["127.0.0.1", "::1", "10.0.0.1", "169.254.169.254", "8.8.8.8"]).map(ip_address),
)
NETWORKS = st.lists(
    st.sampled_from(["10.0.0.0/8", "127.0.0.0/8", "64:ff9b::/96", "2002::/16", "::/0", "fc00::/7"]),
    max_size=2,
)


@settings(deadline=None, max_examples=200)
@given(st.lists(ADDRESSES, min_size=1, max_size=3), NETWORKS)
async def test_nothing_refused_is_ever_returned(addresses: list[Address], allowed: list[str]) -> None:
    networks: list[Network] = [ip_network(one) for one in allowed]
    good = not any(why_refused(one, networks) for one in addresses)
    try:
        result = await found(Names(*map(str, addresses)), *allowed)
    except AddressRefused:
        assert not good
        return
    assert good
    assert result == [str(plain(one)) for one in dict.fromkeys(map(plain, addresses))]
