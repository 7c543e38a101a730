"""Options and peer of an accepted socket."""

import socket


def tune(sock: socket.socket | None) -> None:
    """Answers at once, and half-open peers noticed within a minute."""
    if sock is None or sock.family not in (socket.AF_INET, socket.AF_INET6):
        return
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, name):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def address_of(peername: object) -> str:
    """The peer's IP address; an IPv4 one also where the socket speaks both. "" if there is none."""
    if not isinstance(peername, tuple) or not peername:
        return ""
    address = str(peername[0])
    return address.removeprefix("::ffff:") if "." in address else address
