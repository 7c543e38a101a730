"""TCP to addresses that the node has checked."""

import socket
from collections.abc import Callable, Sequence
from typing import TypeVar

from snapplatform.net.ending import EndKind

from .cut import Cut
from .failures import Failed

_SECONDS = 5.0  # to each address

T = TypeVar("T")


def first_of(addresses: Sequence[str], dial: Callable[[str], T]) -> T:
    """What `dial` gives for the first address that works; else the last one's Failed."""
    failure = Failed(EndKind.UNREACHABLE)
    for address in addresses:
        try:
            return dial(address)
        except Failed as error:
            failure = error
    raise failure


def connect(address: str, port: int, cut: Cut) -> socket.socket:
    """TCP to an address that was checked; Failed otherwise. `cut` knows the socket before it connects."""
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    try:
        cut.add(sock)
        sock.settimeout(_SECONDS)
        sock.connect((address, port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException as error:
        cut.drop(sock)
        sock.close()
        if not isinstance(error, OSError):
            raise
        cut.check()
        if isinstance(error, TimeoutError):
            raise Failed(EndKind.CONNECT_TIMEOUT) from None
        raise Failed(EndKind.UNREACHABLE, error.strerror or "") from None
    return sock
