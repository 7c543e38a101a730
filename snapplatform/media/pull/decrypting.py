"""Segments of HLS that are encrypted with AES-128."""

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes

from .bodies import Readable

_BLOCK = 16


class Decrypted:
    """AES-128 in CBC with PKCS #7 padding (RFC 8216, 4.3.2.4)."""

    def __init__(self, source: Readable, key: bytes, iv: bytes) -> None:
        self._source = source
        self._cipher: CipherContext | None = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
        self._clear = bytearray()

    def read(self, size: int) -> bytes:
        while self._cipher is not None and len(self._clear) <= _BLOCK:  # the last block may be padding
            piece = self._source.read(size)
            if piece:
                self._clear += self._cipher.update(piece)
            else:
                self._cipher = None
                self._unpad()
        end = len(self._clear) if self._cipher is None else len(self._clear) - _BLOCK
        end = min(end, size)
        data = bytes(self._clear[:end])
        del self._clear[:end]
        return data

    def close(self) -> None:
        self._source.close()

    def _unpad(self) -> None:
        padding = self._clear[-1] if self._clear else 0
        if 1 <= padding <= _BLOCK:
            del self._clear[-padding:]
