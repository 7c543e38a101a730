"""Parameter sets of a stream, from its description and from within, to avcC and hvcC (ISO 14496-15)."""

from typing import Protocol

from snapplatform.bits import BadBits, Bits

_MAX_SET = 1024  # bytes; bits.py reads no more
_MAX_SETS = 32  # of each kind
_MAX_EXTRADATA = 16 * 1024
# Profiles whose SPS tells chroma format and depths, and whose avcC repeats them, as FFmpeg does.
_WITH_CHROMA = {100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135}


class ParameterSets(Protocol):
    """`changed` until config() is asked for."""

    changed: bool

    def add(self, unit: bytes) -> None:
        """A NAL unit of the stream; one with the same id replaces an older one."""

    def config(self) -> bytes | None:
        """avcC or hvcC, or None as long as something is missing or can't be read."""
        ...


class _Kept:
    """NAL units of one kind by id, in the order of their ids."""

    def __init__(self) -> None:
        self.units: dict[int, bytes] = {}

    def put(self, number: int, unit: bytes) -> bool:
        """Whether it is news."""
        if self.units.get(number) == unit or len(unit) > _MAX_SET:
            return False
        if number not in self.units and len(self.units) == _MAX_SETS:
            return False
        self.units[number] = unit
        return True

    def all(self) -> list[bytes]:
        return [self.units[number] for number in sorted(self.units)]


class H264Sets:
    def __init__(self) -> None:
        self.changed = False
        self._sps, self._pps = _Kept(), _Kept()

    def add(self, unit: bytes) -> None:
        try:
            if unit[0] & 0x1F == 7:
                if self._sps.put(_first_ue(unit[4:]), unit):
                    # Picture parameter sets of another sequence mean nothing now; theirs follow.
                    self._pps.units.clear()
                    self.changed = True
            elif unit[0] & 0x1F == 8 and self._pps.put(_first_ue(unit[1:]), unit):
                self.changed = True
        except (BadBits, IndexError):
            pass  # a damaged one is as good as none

    def config(self) -> bytes | None:
        self.changed = False
        sps, pps = self._sps.all(), self._pps.all()
        if not sps or not pps:
            return None
        first = sps[0]
        parts = [b"\x01", first[1:4], b"\xff", bytes((0xE0 | len(sps[:31]),)), *map(_sized, sps[:31])]
        parts += [bytes((len(pps),)), *map(_sized, pps)]
        if first[1] in _WITH_CHROMA:
            try:
                parts.append(_h264_chroma(first))
            except BadBits:
                return None
        return _bounded(parts)


class HevcSets:
    _KINDS = (32, 33, 34)  # VPS, SPS, PPS

    def __init__(self) -> None:
        self.changed = False
        self._kept = {kind: _Kept() for kind in self._KINDS}

    def add(self, unit: bytes) -> None:
        kind = unit[0] >> 1 & 0x3F
        if kind not in self._KINDS:
            return
        try:
            number = _hevc_id(kind, unit)
        except (BadBits, IndexError):
            return  # a damaged one is as good as none
        if self._kept[kind].put(number, unit):
            if kind == 33:
                self._kept[34].units.clear()
            self.changed = True

    def config(self) -> bytes | None:
        self.changed = False
        units = {kind: kept.all() for kind, kept in self._kept.items()}
        if not all(units.values()):
            return None
        try:
            head = _hvcc_head(units[33][0])
        except BadBits:
            return None
        parts = [head, bytes((len(self._KINDS),))]
        for kind in self._KINDS:
            # The highest bit says that none of them is only in the stream.
            parts += [bytes((0x80 | kind,)), len(units[kind]).to_bytes(2, "big"), *map(_sized, units[kind])]
        return _bounded(parts)


def _sized(unit: bytes) -> bytes:
    return len(unit).to_bytes(2, "big") + unit


def _bounded(parts: list[bytes]) -> bytes | None:
    extradata = b"".join(parts)
    return extradata if len(extradata) <= _MAX_EXTRADATA else None


def _first_ue(payload: bytes) -> int:
    return Bits(payload[:16]).ue()


def _h264_chroma(sps: bytes) -> bytes:
    """chroma_format and both bit depths (ISO 14496-15, 5.3.3.1.2)."""
    bits = Bits(sps[4:])
    bits.ue()
    chroma = bits.ue()
    if chroma == 3:
        bits.take(1)
    return bytes((0xFC | chroma & 3, 0xF8 | bits.ue() & 7, 0xF8 | bits.ue() & 7, 0))


def _hevc_id(kind: int, unit: bytes) -> int:
    if kind == 32:
        return unit[2] >> 4
    if kind == 34:
        return _first_ue(unit[2:])
    bits = Bits(unit[2:])
    _skip_hevc_profile(bits)
    return bits.ue()


def _skip_hevc_profile(bits: Bits) -> tuple[int, int, int]:
    """Up to sps_seq_parameter_set_id: sub-layers less one, temporal nesting, the twelve bytes of profile and
    level as one number (H.265 7.3.2.2.1)."""
    bits.take(4)
    sub_layers, nested, general = bits.take(3), bits.take(1), bits.take(96)
    present = [(bits.take(1), bits.take(1)) for _ in range(sub_layers)]
    if sub_layers:
        bits.take(2 * (8 - sub_layers))
    for has_profile, has_level in present:
        bits.take(88 * has_profile + 8 * has_level)
    return sub_layers, nested, general


def _hvcc_head(sps: bytes) -> bytes:
    """hvcC up to its arrays; what an SPS does not say of itself is 0, "unknown"."""
    bits = Bits(sps[2:])
    sub_layers, nested, general = _skip_hevc_profile(bits)
    bits.ue()
    chroma = bits.ue()
    if chroma == 3:
        bits.take(1)
    bits.ue(), bits.ue()  # size
    if bits.take(1):
        for _ in range(4):
            bits.ue()
    luma, chroma_depth = bits.ue(), bits.ue()
    layers = (sub_layers + 1) << 3 | nested << 2 | 3  # lengths of four bytes
    return b"".join(
        (
            b"\x01",
            general.to_bytes(12, "big"),
            b"\xf0\0\xfc",  # spatial segmentation, parallelism
            bytes((0xFC | chroma & 3, 0xF8 | luma & 7, 0xF8 | chroma_depth & 7)),
            b"\0\0",  # frame rate
            bytes((layers,)),
        )
    )
