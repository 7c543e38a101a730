"""RTSP for the library: a relay on loopback that connects to one checked address, and rewrites what would
lead anywhere else.

With media over UDP the library sends to whatever address a server's Transport header names. Here that is
always the server itself. Redirects don't get through, nor do groups.
"""

import re
import select
import socket
import threading

from snapplatform.net.ending import EndKind, PullEnd

from .connecting import connect, first_of
from .cut import Cut
from .failures import Failed

_MESSAGE_BYTES = 64 * 1024
_HEAD_END = b"\r\n\r\n"
_STATUS = re.compile(rb"RTSP/1\.[01] (\d{3})")
_START = re.compile(rb"RTSP/1\.[01] \d{3}|[A-Z_]+ ")
_LENGTH = re.compile(rb"^content-length:[ \t]*(\d{1,9})\r?$", re.IGNORECASE | re.MULTILINE)
_TRANSPORT = re.compile(rb"^(transport[ \t]*:)([^\r\n]*)", re.IGNORECASE | re.MULTILINE)


class Relay:
    """Takes one connection on `port`. What the server says passes whole message by whole message."""

    def __init__(self, addresses: list[str], port: int, cut: Cut) -> None:
        self.end: PullEnd | None = None  # why it stopped
        self._cut = cut
        self._server = first_of(addresses, lambda address: connect(address, port, cut))
        self._address: str = self._server.getpeername()[0]
        self._server.settimeout(None)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1)
        self.port: int = self._listener.getsockname()[1]
        cut.add(self._listener)
        threading.Thread(target=self._run, name="relay", daemon=True).start()

    def close(self) -> None:
        for sock in (self._server, self._listener):
            self._cut.drop(sock)
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            sock.close()

    def _run(self) -> None:
        try:
            client, _ = self._listener.accept()
            with client:
                self._pass_on(client)
        except Failed as error:
            self.end = error.end
        except OSError:
            self.end = PullEnd(EndKind.LOST, "the connection broke")

    def _pass_on(self, client: socket.socket) -> None:
        said = bytearray()
        while True:
            for sock in select.select([client, self._server], [], [])[0]:
                data = sock.recv(_MESSAGE_BYTES)
                if not data:
                    if sock is self._server:
                        self.end = PullEnd(EndKind.LOST, "closed by the server")
                    return
                if sock is client:
                    self._server.sendall(data)
                    continue
                said += data
                while (size := message_size(said)) and size <= len(said):
                    client.sendall(harmless(bytes(said[:size]), self._address))
                    del said[:size]


def message_size(said: bytes | bytearray) -> int:
    """Of the first message, 0 as long as its head is not whole. Failed if it is too long."""
    at = said.find(_HEAD_END)
    if at < 0 or at > _MESSAGE_BYTES:
        if len(said) > _MESSAGE_BYTES:
            raise Failed(EndKind.PROTOCOL, "a message without end")
        return 0
    lengths = _LENGTH.findall(said[:at])
    if len(lengths) > 1 or len(lengths) != said[:at].lower().count(b"content-length"):
        raise Failed(EndKind.PROTOCOL, "a message whose length can be read in two ways")
    size = at + len(_HEAD_END) + sum(map(int, lengths))
    if size > _MESSAGE_BYTES:
        raise Failed(EndKind.PROTOCOL, "a message that is too long")
    return size


def harmless(message: bytes, address: str) -> bytes:
    """The same, with media coming from `address`. Failed for an answer that ends it: it is not passed on."""
    _check(message)
    status = _STATUS.match(message)
    if status is not None and status[1] != b"401" and status[1] >= b"300":
        words = "another address is not followed" if status[1] < b"400" else ""
        raise Failed(EndKind.REFUSED, f"{status[1].decode()}{': ' if words else ''}{words}")
    head, end, body = message.partition(_HEAD_END)
    return _TRANSPORT.sub(lambda found: found[1] + _from_here(found[2], address), head) + end + body


def _check(message: bytes) -> None:
    """The library takes no notice of where we think that a message ends, and leaves out each carriage return:
    what it could read as another Transport header than we do is refused."""
    _, end, body = message.partition(_HEAD_END)
    strange = b"\0" in message or b"\r" in message.replace(b"\r\n", b"")
    if strange or not end or not _START.match(message) or _TRANSPORT.search(body):
        raise Failed(EndKind.PROTOCOL, "a message that can be read in two ways")


def _from_here(transport: bytes, address: str) -> bytes:
    if b"multicast" in transport.lower() or b"interleaved" in transport.lower() or b"," in transport:
        raise Failed(EndKind.UNSUPPORTED, "the server gives no RTP over UDP to one address")
    parts = [part.strip() for part in transport.split(b";")]
    kept = [part for part in parts if not part.lower().startswith((b"source=", b"destination="))]
    return b" " + b";".join([*kept, b"source=" + address.encode()])
