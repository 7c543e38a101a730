"""tcp:// and udp://: bytes from an own socket, without any protocol around them."""

import socket
import struct
from ipaddress import IPv4Address, ip_address

from snapplatform.net.ending import EndKind

from .connecting import connect, first_of
from .cut import Cut
from .failures import Failed

_DATAGRAM = 65536
_KERNEL_BUFFER = 2 * 1024 * 1024  # one loop's delay of a fast stream; the kernel cuts it to what it allows
_RTP_HEADER = 12
_SYNC = 0x47


class Tcp:
    """To the first of these addresses that takes us."""

    def __init__(self, addresses: list[str], port: int, cut: Cut, seconds: float) -> None:
        self._cut = cut
        self._sock = first_of(addresses, lambda address: connect(address, port, cut))
        self._sock.settimeout(seconds)

    def read(self, size: int) -> bytes:
        data = _received(self._sock, size, self._cut)
        if not data:
            raise Failed(EndKind.LOST, "closed by the server")
        return data

    def close(self) -> None:
        self._cut.drop(self._sock)
        self._sock.close()


class Udp:
    """Datagrams that come to an address of this machine, or to an IPv4 multicast group. They hold MPEG-TS,
    with or without a header of RTP."""

    def __init__(self, address: str, port: int, cut: Cut, seconds: float) -> None:
        self._cut = cut
        self._rest = b""
        self._sock = _bound(address, port)
        try:
            cut.add(self._sock)
            self._sock.settimeout(seconds)
        except BaseException:
            self.close()
            raise

    def read(self, size: int) -> bytes:
        while not self._rest:
            data = _received(self._sock, _DATAGRAM, self._cut)
            self._cut.check()  # a datagram socket that was shut down gives b"" for ever
            rtp = len(data) > _RTP_HEADER and data[0] >> 6 == 2 and data[_RTP_HEADER] == _SYNC
            self._rest = data[_RTP_HEADER:] if rtp else data
        data, self._rest = self._rest[:size], self._rest[size:]
        return data

    def close(self) -> None:
        self._cut.drop(self._sock)
        self._sock.close()


def _received(sock: socket.socket, size: int, cut: Cut) -> bytes:
    try:
        return sock.recv(size)
    except TimeoutError:
        raise Failed(EndKind.SILENCE, "nothing comes") from None
    except OSError as error:
        cut.check()
        raise Failed(EndKind.LOST, error.strerror or "") from None


def _bound(address: str, port: int) -> socket.socket:
    place = ip_address(address)
    group = place.is_multicast
    if group and not isinstance(place, IPv4Address):
        raise Failed(EndKind.UNSUPPORTED, "groups of IPv6")
    sock = socket.socket(
        socket.AF_INET if isinstance(place, IPv4Address) else socket.AF_INET6, socket.SOCK_DGRAM
    )
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _KERNEL_BUFFER)
        if group:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((address, port))
        if group:
            member = struct.pack("4s4s", socket.inet_aton(address), socket.inet_aton("0.0.0.0"))  # noqa: S104
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
    except OSError as error:
        sock.close()
        raise Failed(EndKind.UNREACHABLE, error.strerror or "") from None
    return sock
