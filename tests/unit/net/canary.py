"""A listener on loopback that counts who was let in to this machine."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Canary:
    """`hits` are TCP connections that arrived, over IPv4 or IPv6, on one port."""

    def __init__(self) -> None:
        self.hits = 0
        self.port = 0

    def arrived(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.hits += 1
        writer.close()


@asynccontextmanager
async def canary() -> AsyncIterator[Canary]:
    one = Canary()
    sock = socket.socket(socket.AF_INET6 if socket.has_dualstack_ipv6() else socket.AF_INET)
    if sock.family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    sock.bind(("", 0))
    one.port = sock.getsockname()[1]
    server = await asyncio.start_server(one.arrived, sock=sock)
    try:
        yield one
    finally:
        server.close()
        await server.wait_closed()
