"""May it open this URL? The node's answer, for the first address of a stream and for all that it leads to."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from snapplatform.errors import InvalidValue
from snapplatform.net import Address, AddressRefused
from snapplatform.net.ending import EndKind, PullEnd

from .limits import AvLimits
from .schemes import NESTED, AvUrl

# (host, port) -> its addresses, or AddressRefused; partial(net.resolve, allowed=..., deadline=...) is one.
Resolver = Callable[[str, int], Awaitable[list[Address]]]


@dataclass(frozen=True, slots=True)
class _Pin:
    addresses: list[str]
    until: float


class Permission:
    """Of one pull. An answer is addresses, best first, or why not. A name that was looked up keeps its
    addresses for a while: its segments come each few seconds."""

    def __init__(self, resolver: Resolver, limits: AvLimits) -> None:
        self._resolver = resolver
        self._limits = limits
        self._pins: dict[tuple[str, int], _Pin] = {}
        self._tokens = float(limits.asks)
        self._counted_at = asyncio.get_running_loop().time()

    async def first(self, url: AvUrl) -> list[str] | PullEnd:
        return await self._addresses(url.host, url.port)

    async def nested(self, text: str) -> list[str] | PullEnd:
        """Of what a redirect or a playlist named."""
        if not self._may_ask():
            return PullEnd(EndKind.PROTOCOL, "the stream leads to too many addresses")
        try:
            url = AvUrl.parse(text, schemes=NESTED)
        except InvalidValue:
            return PullEnd(EndKind.ADDRESS_REFUSED, "the stream leads to what is no HTTP address")
        return await self._addresses(url.host, url.port)

    async def _addresses(self, host: str, port: int) -> list[str] | PullEnd:
        now = asyncio.get_running_loop().time()
        pin = self._pins.get((host, port))
        if pin is not None and now < pin.until:
            return pin.addresses
        try:
            found = await self._resolver(host, port)
        except AddressRefused as error:
            if error.kind:
                return PullEnd(EndKind.ADDRESS_REFUSED, error.kind)
            return PullEnd(EndKind.HOST_NOT_FOUND, error.reason)
        addresses = [str(address) for address in found[: self._limits.addresses_tried]]
        if len(self._pins) >= self._limits.asks:
            self._pins.clear()
        self._pins[host, port] = _Pin(addresses, now + self._limits.pin_seconds)
        return addresses

    def _may_ask(self) -> bool:
        now = asyncio.get_running_loop().time()
        came = (now - self._counted_at) * self._limits.asks_per_second
        self._tokens = min(self._tokens + came, float(self._limits.asks)) - 1
        self._counted_at = now
        return self._tokens >= 0
