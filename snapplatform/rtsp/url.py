"""From a URL to what goes into requests: read strictly, with user and password split off."""

from dataclasses import dataclass, field
from urllib.parse import quote

from snapplatform.errors import InvalidValue
from snapplatform.net import Url, check_url

PORTS = {"rtsp": 554, "rtsps": 322}
# All of ASCII that a request line can hold stays as it was written: cameras compare, and don't decode.
_KEPT = "".join(map(chr, range(0x21, 0x7F)))
# Some cameras take the password in the path: rtsp://camera/user=admin&password=xyz&channel=1.


@dataclass(frozen=True, slots=True)
class RtspUrl:
    """rtsp://user:password@host:port/path?query. What may hold a secret is not in the repr."""

    secure: bool
    host: str
    port: int
    request: str = field(repr=False)  # as requests name it: without user and password
    redacted: str  # for logs and people
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, text: object, *, parameter: str = "Url") -> "RtspUrl":
        """Raises InvalidValue in words, which never repeat the URL."""
        url = check_url(text, schemes=PORTS, parameter=parameter)
        if "#" in url.rest:
            raise InvalidValue(parameter, "must not contain #, which no RTSP server gets to see")
        rest = quote(url.rest, safe=_KEPT)
        authority = Url(url.scheme, url.host, url.port, "").authority
        return cls(
            secure=url.scheme == "rtsps",
            host=url.host,
            port=url.port or PORTS[url.scheme],
            request=f"{url.scheme}://{authority}{rest or '/'}",
            redacted=f"{url.scheme}://{authority}{_redacted(rest)}",
            user=url.user,
            password=url.password,
        )


@dataclass(frozen=True, slots=True)
class PullTarget:
    """Where to connect. `address` is one that net.resolve() gave for `url.host`: the name is not looked up
    again, it only goes into requests and is compared with a certificate."""

    url: RtspUrl
    address: str


def _redacted(rest: str) -> str:
    path, mark, _ = rest.partition("?")
    return ("/***" if "=" in path else path) + ("?***" if mark else "")
