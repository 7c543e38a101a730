"""A bounded reader of the bits of the headers of H.264, HEVC, AV1 and VP9."""

# Real parameter sets are under 200 bytes; more is a waste of the event loop's time.
MAX_BYTES = 1024


class BadBits(ValueError):
    """The header ends early or holds impossible values."""


class Bits:
    """Reads a header; BadBits at its end. `escaped`: it is a NAL unit's payload, whose emulation prevention
    is taken out (H.264 7.3.1)."""

    def __init__(self, data: bytes, *, escaped: bool = True) -> None:
        if len(data) > MAX_BYTES:
            raise BadBits(f"a header of {len(data)} bytes is longer than {MAX_BYTES}")
        payload = data.replace(b"\x00\x00\x03", b"\x00\x00") if escaped else data
        self._value = int.from_bytes(payload, "big")
        self._left = len(payload) * 8

    def take(self, count: int) -> int:
        if count > self._left:
            raise BadBits("the header ends early")
        self._left -= count
        return self._value >> self._left & ((1 << count) - 1)

    def ue(self) -> int:
        """Exp-Golomb, unsigned (H.264 9.1)."""
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > 31:
                raise BadBits("an Exp-Golomb code is longer than 32 bits")
        return (1 << zeros) - 1 + self.take(zeros)

    def se(self) -> int:
        value = self.ue()
        return (value + 1) // 2 if value & 1 else -(value // 2)
