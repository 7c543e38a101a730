"""Opens connections to addresses that were checked: the name is not looked up again."""

import asyncio
import os
import socket
import ssl
from dataclasses import dataclass

from snapplatform.net.ending import EndKind, PullEnd

# The kernel takes that much before anybody reads: where one keyframe is wanted, little is to come after it.
# Enough for 4 Mb/s at a distance of 200 ms.
KEYFRAME_WINDOW = 128 * 1024


@dataclass(frozen=True, slots=True)
class Place:
    """Where to connect. `address` is one that resolve() gave; `tls_host` is what a certificate must name, or
    None without TLS. `window` bytes are what the kernel may take before anybody reads, 0 for its own choice.
    """

    address: str
    port: int
    tls_host: str | None = None
    window: int = 0


async def dial(
    protocol: asyncio.BaseProtocol, place: Place, tls: ssl.SSLContext | None, seconds: float
) -> PullEnd | None:
    """TCP and TLS; returns what went wrong, or None."""
    try:
        async with asyncio.timeout(seconds):
            await _open(protocol, place, tls)
    except TimeoutError:
        return PullEnd(EndKind.CONNECT_TIMEOUT)
    except ssl.SSLCertVerificationError as error:
        return PullEnd(EndKind.TLS, error.verify_message)
    except ssl.SSLError as error:
        return PullEnd(EndKind.TLS, error.reason or "")
    except OSError as error:
        detail = os.strerror(error.errno) if error.errno else "closed by the server"
        return PullEnd(EndKind.UNREACHABLE, detail)
    return None


async def _open(protocol: asyncio.BaseProtocol, place: Place, tls: ssl.SSLContext | None) -> None:
    loop = asyncio.get_running_loop()
    sock = socket.socket(socket.AF_INET6 if ":" in place.address else socket.AF_INET)
    try:
        sock.setblocking(False)
        if place.window:  # before connecting: it goes into the first packet
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, place.window)
        await loop.sock_connect(sock, (place.address, place.port))
        await loop.create_connection(
            lambda: protocol,
            sock=sock,
            ssl=tls if place.tls_host else None,
            server_hostname=place.tls_host,
        )
    except BaseException:
        sock.close()
        raise
