"""HLS playlists before the library sees them: one variant, whole addresses, and nothing that can't be read.

RFC 8216. Of a master playlist the library would open every variant; here one is chosen, and its own playlist
is what the library gets.
"""

import re
from dataclasses import dataclass
from urllib.parse import quote, urljoin

from snapplatform.errors import InvalidValue
from snapplatform.net.ending import EndKind

from .failures import Failed
from .schemes import NESTED, AvUrl

MAX_BYTES = 4 * 1024 * 1024
_MAX_VARIANTS = 200
_ATTRIBUTE = re.compile(r'([A-Z0-9-]+)=("[^"\r\n]*"|[^",\s]*)')
_URI = re.compile(r'URI="([^"\r\n]*)"')
_VIDEO = ("avc1", "avc3", "hvc1", "hev1")
_LARGEST_SIDE = 8192
_IDENTITY = ("", "identity")


@dataclass(frozen=True, slots=True)
class MediaPlaylist:
    """`text` is for the library; `keys` are the addresses of keys in it. A `finished` one gets no more."""

    text: bytes
    finished: bool
    keys: frozenset[str]


def read_playlist(data: bytes, url: str) -> MediaPlaylist | str:
    """The media playlist, or of a master playlist the address of the variant to read. `url` is where it came
    from. Failed where it is encrypted in a way that is not read, or leads to what is no HTTP address."""
    lines = [line.strip() for line in data.decode("utf-8", "replace").splitlines()]
    if any(line.startswith("#EXT-X-STREAM-INF:") for line in lines):
        return _choose(lines, url)
    keys: set[str] = set()
    text = "\n".join(_checked(line, url, keys) for line in lines if line)
    return MediaPlaylist(f"{text}\n".encode(), "#EXT-X-ENDLIST" in lines, frozenset(keys))


def _choose(lines: list[str], url: str) -> str:
    """The variant with the most bits a second, of those whose pictures can be read."""
    best: tuple[int, str] | None = None
    seen = 0
    for index, line in enumerate(lines):
        if not line.startswith("#EXT-X-STREAM-INF:"):
            continue
        target = next((one for one in lines[index + 1 : index + 20] if one and not one.startswith("#")), "")
        rate = _rate(_attributes(line))
        if target and rate is not None and (best is None or rate > best[0]):
            best = rate, target
        seen += 1
        if seen == _MAX_VARIANTS:
            break
    if best is None:
        raise Failed(EndKind.UNSUPPORTED, "none of its variants is H.264 or HEVC of a readable size")
    return _whole(best[1], url)


def _rate(attributes: dict[str, str]) -> int | None:
    """Bits a second, None where it can't be read."""
    codecs = attributes.get("CODECS", "").lower()
    if codecs and not any(name in codecs for name in _VIDEO):
        return None
    width, _, height = attributes.get("RESOLUTION", "").partition("x")
    if any(side.isdecimal() and int(side[:9]) > _LARGEST_SIDE for side in (width, height)):
        return None
    rate = attributes.get("BANDWIDTH", "")
    return int(rate[:12]) if rate.isdecimal() else 0


def _checked(line: str, url: str, keys: set[str]) -> str:
    """The line with whole addresses."""
    if not line.startswith("#"):
        return _whole(line, url)
    if line.startswith(("#EXT-X-KEY:", "#EXT-X-SESSION-KEY:")):
        _check_key(_attributes(line))
    found = _URI.search(line)
    if found is None:
        return line
    target = _whole(found[1], url)
    if line.startswith("#EXT-X-KEY:"):
        keys.add(target)
    return f"{line[: found.start(1)]}{target}{line[found.end(1) :]}"


def _check_key(attributes: dict[str, str]) -> None:
    method, form = attributes.get("METHOD", ""), attributes.get("KEYFORMAT", "")
    if method not in ("NONE", "AES-128"):
        raise Failed(EndKind.UNSUPPORTED, "it is encrypted, and not with AES-128")
    if form.lower() not in _IDENTITY:
        raise Failed(EndKind.UNSUPPORTED, "it is encrypted, and its key is not for everybody (DRM)")


def _attributes(line: str) -> dict[str, str]:
    return {name: value.strip('"') for name, value in _ATTRIBUTE.findall(line.partition(":")[2])}


def _whole(target: str, url: str) -> str:
    """An address by itself, of one that may be relative. Spaces stand in the names of some files."""
    text = urljoin(url, quote(target, safe="".join(map(chr, range(0x21, 0x7F)))))
    try:
        return AvUrl.parse(text, schemes=NESTED).full
    except InvalidValue:
        raise Failed(EndKind.ADDRESS_REFUSED, "its playlist leads to what is no HTTP address") from None
