"""Access units as the library gives them, Annex B or length-prefixed, to the one form that the rest takes:
each NAL unit after its length in four bytes, and an avcC or hvcC that says so (ISO 14496-15)."""

from collections.abc import Iterator

from snapplatform.parameter_sets import H264Sets, HevcSets, ParameterSets

from ..codec import CodecName

_H264_DROPPED = (9, 12)  # access unit delimiters, filler
_HEVC_DROPPED = (35, 38)
_H264_SETS = (7, 8)
_HEVC_SETS = (32, 33, 34)
_MARK = b"\0\0\1"


class Converter:
    """For one stream. `config` is its newest avcC or hvcC, None as long as parameter sets are missing."""

    def __init__(self, codec: CodecName, extradata: bytes) -> None:
        self.config: bytes | None = None
        self._h264 = codec == "h264"
        self._dropped = _H264_DROPPED if self._h264 else _HEVC_DROPPED
        self._set_kinds = _H264_SETS if self._h264 else _HEVC_SETS
        self._sets: ParameterSets = H264Sets() if self._h264 else HevcSets()
        self._length_size = 0  # 0: Annex B
        self.configure(extradata)

    def configure(self, extradata: bytes) -> None:
        """Parameter sets from outside of the access units."""
        if extradata[:1] == b"\1" and len(extradata) > 6:
            self._length_size = (extradata[4 if self._h264 else 21] & 3) + 1 if self._whole(extradata) else 4
            units = _units_of_avcc(extradata) if self._h264 else _units_of_hvcc(extradata)
        else:
            units = annex_b_units(extradata)
        self._learn(units)

    def convert(self, data: bytes) -> bytes:
        """The access unit in the one form; b"" when nothing of it is left. ValueError where its lengths don't
        fill it. Parameter sets in it stay in it, and may change `config`."""
        units = prefixed_units(data, self._length_size) if self._length_size else annex_b_units(data)
        kept: list[bytes] = []
        changed = False
        for unit in units:
            kind = unit[0] & 0x1F if self._h264 else unit[0] >> 1 & 0x3F
            if kind in self._dropped:
                continue
            if kind in self._set_kinds:
                self._sets.add(unit)
                changed = changed or self._sets.changed
            kept += (len(unit).to_bytes(4, "big"), unit)
        if changed:
            self._learn(())
        return b"".join(kept)

    def _whole(self, extradata: bytes) -> bool:
        return self._h264 or len(extradata) > 22

    def _learn(self, units: Iterator[bytes] | tuple[()]) -> None:
        for unit in units:
            self._sets.add(unit)
        if self._sets.changed:
            self.config = self._sets.config() or self.config


def annex_b_units(data: bytes) -> Iterator[bytes]:
    """NAL units between start codes (H.264, annex B)."""
    start = data.find(_MARK)
    while start >= 0:
        start += len(_MARK)
        end = data.find(_MARK, start)
        unit = (data[start:end] if end >= 0 else data[start:]).rstrip(b"\0")
        if unit:
            yield unit
        start = end


def prefixed_units(data: bytes, length_size: int) -> Iterator[bytes]:
    """NAL units after their lengths; ValueError where these pass the end."""
    at = 0
    while at < len(data):
        start = at + length_size
        at = start + int.from_bytes(data[at:start], "big")
        if start > len(data) or at > len(data):
            raise ValueError("a NAL unit passes the end of its access unit")
        if at > start:
            yield data[start:at]


def _units_of_avcc(data: bytes) -> Iterator[bytes]:
    """What is cut off ends it."""
    at = 5
    for mask in (0x1F, 0xFF):
        count = data[at] & mask if at < len(data) else 0
        at += 1
        for _ in range(count):
            size = int.from_bytes(data[at : at + 2], "big")
            if unit := data[at + 2 : at + 2 + size]:
                yield unit
            at += 2 + size


def _units_of_hvcc(data: bytes) -> Iterator[bytes]:
    at = 23
    for _ in range(data[22] if len(data) > 22 else 0):
        count = int.from_bytes(data[at + 1 : at + 3], "big")
        at += 3
        for _ in range(min(count, 64)):
            size = int.from_bytes(data[at : at + 2], "big")
            if unit := data[at + 2 : at + 2 + size]:
                yield unit
            at += 2 + size
