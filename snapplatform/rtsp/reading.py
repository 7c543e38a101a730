"""Bytes of one connection to RTSP messages and interleaved packets (RFC 2326, 10.12), with few objects."""

from collections.abc import Callable

from snapplatform.rtsp.limits import ClientLimits
from snapplatform.rtsp.messages import Message, read_message

HEADER_BYTES = 4
# Before the received bytes, for what came with the last ones and was not complete: a packet or a message.
HEADROOM = 65536 + HEADER_BYTES
_DOLLAR = 0x24

Take = Callable[[bytearray, int, int], None]


class Splitter:
    """`channels` says who takes what comes on them; other channels are passed over."""

    def __init__(self, on_message: Callable[[Message], None], limits: ClientLimits) -> None:
        self.channels: dict[int, Take] = {}
        self.stopped = False  # may be set in the middle of feed()
        self.needed = 0  # bytes from the returned position on, before it makes sense to come again
        self._on_message = on_message
        self._limits = limits

    def feed(self, buf: bytearray, pos: int, end: int) -> int:
        """Consume buf[pos:end]; returns where the first incomplete thing begins. May raise ProtocolError and
        Unsupported."""
        channels = self.channels
        self.needed = 0
        while pos < end and not self.stopped:
            if buf[pos] != _DOLLAR:
                following = self._message(buf, pos, end)
                if following < 0:
                    break
                pos = following
                continue
            if end - pos < HEADER_BYTES:
                break
            stop = pos + HEADER_BYTES + (buf[pos + 2] << 8 | buf[pos + 3])
            if stop > end:
                self.needed = stop - pos
                break
            take = channels.get(buf[pos + 1])
            if take is not None:
                take(buf, pos + HEADER_BYTES, stop)
            pos = stop
        return pos

    def _message(self, buf: bytearray, pos: int, end: int) -> int:
        """Where it ends; -1 when it is not complete."""
        if buf[pos] in b"\r\n":  # empty lines between messages are nothing (RFC 2326, 4)
            return pos + 1
        found = read_message(buf, pos, end, self._limits)
        if found is None:
            return -1
        message, following = found
        self._on_message(message)
        return following
