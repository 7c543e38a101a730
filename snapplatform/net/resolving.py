"""From a host to the addresses that a connection may go to: looked up once, all checked, then pinned.

Whoever connects must use an address from here and never the name again, for a second look-up may answer
otherwise (DNS rebinding).
"""

import asyncio
import socket
from collections.abc import Sequence
from ipaddress import ip_address

from snapplatform.net.addresses import Address, Network, plain, why_refused
from snapplatform.net.errors import AddressRefused
from snapplatform.net.lookups import look_up


async def resolve(host: str, port: int, *, allowed: Sequence[Network], deadline: float) -> list[Address]:
    """The addresses of `host` (a Url.host), best first; `deadline` is in seconds.

    AddressRefused unless every one of them is public or inside of a network in `allowed`: a name with one
    good and one bad address is an attempt, or a mistake that would be hard to find.
    """
    found = await _addresses(host, port, deadline)
    for address in found:
        reason = why_refused(address, allowed)
        if reason:
            words = f"leads to {reason}; SNAP_ALLOWED_NETWORKS may allow it"
            raise AddressRefused(host, words, kind=reason)
    return found


async def _addresses(host: str, port: int, deadline: float) -> list[Address]:
    try:
        return [plain(ip_address(host))]
    except ValueError:
        pass  # a name
    try:
        async with asyncio.timeout(deadline):
            names = await look_up(host, port)
    except TimeoutError:
        raise AddressRefused(host, f"could not be looked up in {deadline:g} s", temporary=True) from None
    except socket.gaierror as error:
        temporary = error.errno == socket.EAI_AGAIN
        raise AddressRefused(host, "could not be looked up", temporary=temporary) from None
    except (OSError, UnicodeError):
        raise AddressRefused(host, "could not be looked up", temporary=True) from None
    addresses = [plain(ip_address(name)) for name in names]
    if not addresses:
        raise AddressRefused(host, "has no address")
    return list(dict.fromkeys(addresses))
