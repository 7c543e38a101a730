"""AAC from RTP (RFC 3640, mode AAC-hbr): several frames a packet, or one frame over several."""

import re
from collections.abc import Iterator

from snapplatform.rtsp.sdp import Media

_HEADER_BITS = 16  # 13 of size, 3 of index (RFC 3640, 3.3.6)
_SAMPLES = 1024


def config_of(media: Media) -> bytes | None:
    """The AudioSpecificConfig of a section that can be taken, else None."""
    given = media.parameters
    text = given.get("config", "")
    hbr = media.encoding == "mpeg4-generic" and given.get("mode", "").lower() == "aac-hbr"
    usual = (given.get("sizelength"), given.get("indexlength"), given.get("indexdeltalength"))
    if not hbr or usual != ("13", "3", "3") or not re.fullmatch(r"(?:[0-9A-Fa-f]{2}){2,64}", text):
        return None
    return bytes.fromhex(text)


class AacFrames:
    """Payloads to frames. What does not fit together is dropped: a sound is soon over."""

    def __init__(self) -> None:
        self._partial = bytearray()
        self._size = 0

    def lose(self) -> None:
        self._partial.clear()

    def push(self, buf: bytearray, at: int, stop: int) -> Iterator[tuple[int, bytes]]:
        """Frames in buf[at:stop], each with the samples since the packet's time stamp."""
        bits = buf[at] << 8 | buf[at + 1] if stop - at > 2 else 0
        data = at + 2 + (bits + 7) // 8
        if not bits or bits % _HEADER_BITS or data > stop:
            return
        sizes = [(buf[one] << 8 | buf[one + 1]) >> 3 for one in range(at + 2, data, 2)]
        if len(sizes) == 1 and sizes[0] > stop - data:
            frame = self._fragment(sizes[0], buf[data:stop])
            if frame:
                yield 0, frame
            return
        self._partial.clear()
        for index, size in enumerate(sizes):
            if data + size > stop:
                return
            yield index * _SAMPLES, bytes(buf[data : data + size])
            data += size

    def _fragment(self, size: int, part: bytearray) -> bytes:
        """The whole frame with its last part, else b""."""
        if size != self._size:
            self._partial.clear()
        self._size = size
        self._partial += part
        if len(self._partial) < size:
            return b""
        frame = bytes(self._partial[:size])
        whole = len(self._partial) == size
        self._partial.clear()
        return frame if whole else b""
