"""From the text to a connection as everything outgoing does it: nobody gets in to this machine."""

import asyncio
import socket
from ipaddress import ip_network

import pytest

from snapplatform.errors import InvalidValue
from snapplatform.net import AddressRefused, Network, check_url, resolve
from tests.unit.net.canary import canary
from tests.unit.net.hostile import URLS

SCHEMES = ("rtmp", "http")


async def open_url(text: str, allowed: list[Network]) -> str:
    """ "open", or why not."""
    try:
        url = check_url(text, schemes=SCHEMES, parameter="Url")
        addresses = await resolve(url.host, url.port or 80, allowed=allowed, deadline=5)
    except (InvalidValue, AddressRefused) as error:
        return type(error).__name__
    reader, writer = await asyncio.open_connection(str(addresses[0]), url.port)
    await reader.read()  # until the canary, which has counted, closes
    writer.close()
    await writer.wait_closed()
    return "open"


async def test_no_hostile_url_reaches_this_machine() -> None:
    assert len(URLS) > 150
    async with canary() as one:
        for text in URLS:
            assert await open_url(text.replace("PORT", str(one.port)), []) != "open", text
        assert one.hits == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LocalHost.", "１２７.0.0.1", "[::ffff:7f00:1]"])
async def test_the_same_canary_is_reached_when_its_network_is_allowed(host: str) -> None:
    allowed: list[Network] = [ip_network("127.0.0.0/8"), ip_network("::1/128")]
    async with canary() as one:
        assert await open_url(f"rtmp://{host}:{one.port}/live/a", allowed) == "open"
        assert one.hits == 1


async def test_a_name_that_changes_its_mind_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: first a public address, from then on loopback."""
    asked: list[object] = []

    def rebinding(host: object, *args: object, **options: object) -> list[object]:
        asked.append(host)
        address = "93.184.216.34" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80))]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    addresses = await resolve("cam.example", 80, allowed=[], deadline=5)
    assert list(map(str, addresses)) == ["93.184.216.34"]
    assert asked == ["cam.example"]
    with pytest.raises(AddressRefused):
        await resolve("cam.example", 80, allowed=[], deadline=5)
