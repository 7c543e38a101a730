"""The opening exchange: version byte and 1536 bytes each way, echoed or signed (the "complex" form).

Simple form: Adobe's RTMP Specification 1.0, section 5.2. The signed form is not in it; it is what Flash
and most players send since 2007: bytes 4..8 carry a version, and an HMAC-SHA256 lies at one of two places.
"""

import hmac
import os

from snapplatform.rtmp.errors import ProtocolError

VERSION = 3
SIZE = 1536
DIGEST = 32
_SUFFIX = bytes.fromhex("f0eec24a8068bee82e00d0d1029e7e576eec5d2d29806fab93b8e636cfeb31ae")
CLIENT_NAME = b"Genuine Adobe Flash Player 001"
SERVER_NAME = b"Genuine Adobe Flash Media Server 001"
_SERVER_VERSION = bytes((4, 5, 0, 1))  # 3 or more: players then know that the answer is signed
SCHEMES = ((8, 12), (772, 776))  # where the offset's four bytes lie, and where offset 0 is


class Handshake:
    """The server's side. feed() takes what arrives until `done`; nothing is kept of the peer's C2."""

    def __init__(self) -> None:
        self.done = False
        self._received = bytearray()
        self._c2_left = SIZE

    def feed(self, buf: bytes | bytearray, pos: int, end: int) -> tuple[int, bytes]:
        """Consume buf[pos:end]; returns the new position and what to send. ProtocolError if not RTMP."""
        answer = b""
        if self._c2_left == SIZE and len(self._received) <= SIZE:
            take = min(1 + SIZE - len(self._received), end - pos)
            self._received += buf[pos : pos + take]
            pos += take
            if self._received and self._received[0] != VERSION:
                raise ProtocolError("handshake", f"version {self._received[0]}, only {VERSION} is spoken")
            if len(self._received) <= SIZE:
                return pos, b""
            answer = answer_to(bytes(self._received[1:]))
        take = min(self._c2_left, end - pos)
        self._c2_left -= take
        if not self._c2_left:
            self.done = True
            self._received = bytearray()
        return pos + take, answer


def answer_to(c1: bytes) -> bytes:
    """S0, S1 and S2 for the peer's 1536 bytes."""
    found = find_digest(c1, CLIENT_NAME)
    if found is None:
        return bytes((VERSION,)) + bytes(8) + os.urandom(SIZE - 8) + c1
    digest, scheme = found
    return bytes((VERSION,)) + signed_block(_SERVER_VERSION, SERVER_NAME, scheme) + reply(SERVER_NAME, digest)


def find_digest(block: bytes, name: bytes) -> tuple[bytes, tuple[int, int]] | None:
    """The digest in C1 or S1 and its scheme, or None: the block is of the simple form."""
    if block[4:8] == bytes(4):
        return None
    for scheme in SCHEMES:
        at = digest_position(block, *scheme)
        if hmac.compare_digest(block[at : at + DIGEST], digest_of(block, at, name)):
            return block[at : at + DIGEST], scheme
    return None


def digest_position(block: bytes, place: int, base: int) -> int:
    """Where the digest lies: the four bytes at `place` summed, modulo 728, after `base`."""
    return sum(block[place : place + 4]) % 728 + base


def digest_of(block: bytes, at: int, key: bytes) -> bytes:
    """HMAC-SHA256 over all of `block` but the digest's own bytes at `at`."""
    return hmac.digest(key, block[:at] + block[at + DIGEST :], "sha256")


def signed_block(version: bytes, name: bytes, scheme: tuple[int, int]) -> bytes:
    """C1 or S1: version, random bytes, and a digest of them by the sender's name."""
    block = bytearray(bytes(4) + version + os.urandom(SIZE - 8))
    at = digest_position(bytes(block), *scheme)
    block[at : at + DIGEST] = digest_of(bytes(block), at, name)
    return bytes(block)


def reply(name: bytes, peer_digest: bytes) -> bytes:
    """C2 or S2 for the digest that the peer sent."""
    block = os.urandom(SIZE - DIGEST)
    key = hmac.digest(name + _SUFFIX, peer_digest, "sha256")
    return block + hmac.digest(key, block, "sha256")
