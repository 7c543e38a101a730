"""The one table of what can be pulled here, and how each of it is opened. docs/sources.md explains it.

FFmpeg itself reaches any host under the strictest whitelist, so it opens nothing: its bytes come through code
of ours, which connects to addresses that were checked. The whitelists below stand behind that.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import quote

from snapplatform.errors import InvalidValue
from snapplatform.net import Url, check_url

from ..codec import MAX_PIXELS

# All of ASCII that a request line can hold stays as it was written.
_KEPT = "".join(map(chr, range(0x21, 0x7F)))
_LOWEST_PORT = 1024  # to listen on: below are the machine's own services


class Kind(StrEnum):
    """Who opens it, and what it then is to the library."""

    HTTP = "http"  # own requests; what comes is recognised by its first bytes, and HLS asks for more
    TCP = "tcp"  # own socket; FLV or MPEG-TS
    UDP = "udp"  # own socket, bound to an address of this machine or to a group; MPEG-TS
    RTSP = "rtsp"  # the library's, through a relay of ours which knows one address only; media over UDP


@dataclass(frozen=True, slots=True)
class Way:
    """`port` is what a URL without one means, 0 where it must be written. `alone`: in a process of its own,
    because the library waits on sockets which nobody else can cut."""

    kind: Kind
    port: int
    secure: bool = False
    alone: bool = False


WAYS: Mapping[str, Way] = {
    "http": Way(Kind.HTTP, 80),
    "https": Way(Kind.HTTP, 443, secure=True),
    "tcp": Way(Kind.TCP, 0),
    "udp": Way(Kind.UDP, 0),
    "rtsp+udp": Way(Kind.RTSP, 554, alone=True),
}
# What a stream may lead to by itself: redirects, playlists, segments, keys.
NESTED = ("http", "https")

_COMMON = {
    "probesize": "1000000",
    "analyzeduration": "3000000",
    "fpsprobesize": "0",  # nobody asks for the frame rate, and guessing it takes a second
    "max_pixels": str(MAX_PIXELS),
    # Only what tells size and sample rate while a stream is probed; other sound stays unknown.
    "codec_whitelist": "h264,hevc,aac,aac_latm,mp3,mp3float,mp2,mp2float,ac3,eac3,opus,pcm_alaw,pcm_mulaw",
}
# With no protocol at all: bytes come from us.
FILE_OPTIONS = {**_COMMON, "protocol_whitelist": "none", "format_whitelist": "flv,mpegts,mov,mp4"}
HLS_OPTIONS = {
    **_COMMON,
    "protocol_whitelist": "http,https,tcp,tls,crypto",
    "format_whitelist": "hls,mpegts,mov,mp4",
    "http_persistent": "0",  # with it and io_open, FFmpeg aborts the process at the second segment
    "http_multiple": "0",
    "seg_max_retry": "0",
    "live_start_index": "-1",  # the newest segment: pictures of now
    # File names say nothing about what comes over HTTP; the whitelists above do.
    "extension_picky": "0",
    "allowed_extensions": "ALL",
    "allowed_segment_extensions": "ALL",
}
RTSP_OPTIONS = {
    **_COMMON,
    # Without "rtsp" it follows no redirect, and needs none to begin.
    "protocol_whitelist": "tcp,udp,rtp",
    "format_whitelist": "rtsp",
    "rtsp_transport": "udp",
    "allowed_media_types": "video",
    "reorder_queue_size": "64",
}


@dataclass(frozen=True, slots=True)
class AvUrl:
    """A URL of one of `WAYS`. What may hold a secret is not in the repr."""

    way: Way
    scheme: str
    host: str
    port: int
    authority: str  # host, and port unless it is the scheme's own
    path: str = field(repr=False)  # with its query, in ASCII; "/" at least
    redacted: str  # for logs and people
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    @classmethod
    def parse(
        cls, text: object, *, parameter: str = "Url", schemes: tuple[str, ...] = tuple(WAYS)
    ) -> "AvUrl":
        """Raises InvalidValue in words, which never repeat the URL."""
        url = check_url(text, schemes=schemes, parameter=parameter)
        way = WAYS[url.scheme]
        path = quote(url.rest.partition("#")[0], safe=_KEPT)
        if way.kind in (Kind.TCP, Kind.UDP):
            _check_bare(url, way, path, parameter)
        port = url.port or way.port
        shown = Url(url.scheme, url.host, None if port == way.port else port, "").authority
        return cls(
            way=way,
            scheme=url.scheme,
            host=url.host,
            port=port,
            authority=shown,
            path=path if path.startswith("/") else f"/{path}",
            redacted=f"{url.scheme}://{shown}{_redacted(path)}",
            user=url.user or None,  # udp://@239.0.0.1:1234 is how players write a group
            password=url.password,
        )

    @property
    def full(self) -> str:
        """As it is opened, without user and password; may hold a key in its query."""
        return f"{self.scheme}://{self.authority}{self.path}"


def _check_bare(url: Url, way: Way, path: str, parameter: str) -> None:
    """Of schemes that are nothing but an address."""
    if not url.port:
        raise InvalidValue(parameter, f"{url.scheme}:// needs a port")
    if path not in ("", "/") or url.user or url.password:
        raise InvalidValue(parameter, f"{url.scheme}:// takes a host and a port, and nothing else")
    if way.kind is Kind.UDP and url.port < _LOWEST_PORT:
        raise InvalidValue(parameter, f"the port must be from {_LOWEST_PORT} on")


def _redacted(path: str) -> str:
    return path.partition("?")[0] + ("?***" if "?" in path else "")
