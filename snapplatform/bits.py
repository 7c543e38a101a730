"""A bounded reader of the bits of H.264's and HEVC's headers."""

# Real parameter sets are under 200 bytes; more is a waste of the event loop's time.
MAX_BYTES = 1024


class BadBits(ValueError):
    """The header ends early or holds impossible values."""


class Bits:
    """Reads a NAL unit's payload, emulation prevention taken out (H.264 7.3.1); BadBits at its end."""

    def __init__(self, data: bytes) -> None:
        if len(data) > MAX_BYTES:
            raise BadBits(f"an SPS of {len(data)} bytes is longer than {MAX_BYTES}")
        payload = data.replace(b"\x00\x00\x03", b"\x00\x00")
        self._value = int.from_bytes(payload, "big")
        self._left = len(payload) * 8

    def take(self, count: int) -> int:
        if count > self._left:
            raise BadBits("the SPS ends early")
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
