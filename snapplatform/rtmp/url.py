"""From a URL to what a player sends: cut where FFmpeg and librtmp cut it, as servers are set up for them."""

from dataclasses import dataclass, field

from snapplatform.errors import InvalidValue
from snapplatform.net import Url, check_url

PORTS = {"rtmp": 1935, "rtmps": 443}


@dataclass(frozen=True, slots=True)
class RtmpUrl:
    """rtmp://host/APP/NAME?query, rtmp://host/APP/INSTANCE/NAME?query, or rtmp://host/APP?query with an empty
    name. A query stays with the part before it; nothing is percent-decoded, as servers expect. What may hold
    a key is not in the repr."""

    secure: bool
    authority: str  # host and port
    host: str
    port: int
    app: str = field(repr=False)
    name: str = field(repr=False)
    path: str

    @classmethod
    def parse(cls, text: object, *, parameter: str = "Url") -> "RtmpUrl":
        """Raises InvalidValue in words. User and password are refused: RTMP has no place for them, only
        vendors' ways which most servers do not know."""
        url = check_url(text, schemes=PORTS, parameter=parameter)
        if url.user is not None:
            raise InvalidValue(parameter, "RTMP takes no user and password; put a key into the query")
        if not url.rest.startswith("/") or url.rest[1:2] in ("", "?", "#"):
            raise InvalidValue(parameter, "must name an application and a stream: rtmp://host/live/name")
        port = url.port or PORTS[url.scheme]
        app, name = _cut(url.rest[1:])
        return cls(
            secure=url.scheme == "rtmps",
            authority=Url(url.scheme, url.host, port, "").authority,
            host=url.host,
            port=port,
            app=app,
            name=name,
            path=_path(url.rest),
        )

    @property
    def tc_url(self) -> str:
        """The URL of the application, as connect sends it; may hold a key."""
        return f"{self._scheme}://{self.authority}/{self.app}"

    @property
    def redacted(self) -> str:
        """For logs and people: without the query, in which keys travel."""
        secret = "?***" if "?" in self.app + self.name or "#" in self.app + self.name else ""
        return f"{self._scheme}://{self.authority}{self.path}{secret}"

    @property
    def _scheme(self) -> str:
        return "rtmps" if self.secure else "rtmp"


@dataclass(frozen=True, slots=True)
class PullTarget:
    """Where to connect. `address` is one that net.resolve() gave for `url.host`: the name is not looked up
    again, it only goes into tcUrl and is compared with a certificate."""

    url: RtmpUrl
    address: str


def _path(rest: str) -> str:
    return rest.partition("?")[0].partition("#")[0]


def _cut(rest: str) -> tuple[str, str]:
    """Application and name. Of three parts the first two are the application, unless the second one holds a
    colon (mp4:a/b)."""
    path = _path("/" + rest)[1:]
    first = path.find("/")
    if first < 0:
        return rest, ""
    second, colon = path.find("/", first + 1), path.find(":", first + 1)
    at = first if second < 0 or 0 <= colon < second else second
    return rest[:at], _play_path(rest[at + 1 :])


def _play_path(name: str) -> str:
    """Flash's names of files, which both programs make of endings."""
    if ":" not in name and name.endswith((".mp4", ".f4v")):
        return f"mp4:{name}"
    return name.removesuffix(".flv")
