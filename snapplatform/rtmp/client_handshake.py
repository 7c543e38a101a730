"""The client's side of the opening exchange; handshake.py tells of its two forms."""

from snapplatform.rtmp.errors import ProtocolError
from snapplatform.rtmp.handshake import (
    CLIENT_NAME,
    SCHEMES,
    SERVER_NAME,
    SIZE,
    VERSION,
    find_digest,
    reply,
    signed_block,
)

_CLIENT_VERSION = bytes((9, 0, 124, 2))


class ClientHandshake:
    """Signs, because some servers give H.264 to nobody else and the others do not look. Send `hello` first;
    nothing is kept of the server's S2."""

    def __init__(self) -> None:
        self.done = False
        self.hello = bytes((VERSION,)) + signed_block(_CLIENT_VERSION, CLIENT_NAME, SCHEMES[0])
        self._received = bytearray()
        self._s2_left = SIZE

    def feed(self, buf: bytes | bytearray, pos: int, end: int) -> tuple[int, bytes]:
        """Consume buf[pos:end]; returns the new position and what to send. ProtocolError if not RTMP."""
        answer = b""
        missing = 1 + SIZE - len(self._received)
        if missing:
            self._received += buf[pos : min(pos + missing, end)]
            pos = min(pos + missing, end)
            if self._received and self._received[0] != VERSION:
                raise ProtocolError("handshake", f"version {self._received[0]}, only {VERSION} is spoken")
            if len(self._received) <= SIZE:
                return pos, b""
            answer = _answer_to(bytes(self._received[1:]))
        take = min(self._s2_left, end - pos)
        self._s2_left -= take
        self.done = not self._s2_left
        return pos + take, answer


def _answer_to(s1: bytes) -> bytes:
    """C2."""
    found = find_digest(s1, SERVER_NAME)
    return s1 if found is None else reply(CLIENT_NAME, found[0])
