"""Where pulled streams come from: a URL that a caller gave, judged in words and parted from its secrets."""

from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import ip_address

from django.conf import settings

from snapplatform.errors import InvalidValue
from snapplatform.media.pull.schemes import WAYS, AvUrl
from snapplatform.net import Url, check_url, why_refused
from snapplatform.rtmp.url import PORTS as RTMP_PORTS
from snapplatform.rtmp.url import RtmpUrl
from snapplatform.rtsp.url import PORTS as RTSP_PORTS
from snapplatform.rtsp.url import RtspUrl
from snapplatform.streams import addresses

HIDDEN = "***"  # stands where a user, a password or a query was
LONGEST_SHOWN = 2100  # a URL of net.url.LONGEST characters in which short secrets gave way to HIDDEN

# What is read, and what checks the rest of it once the parts that all have in common are good. A scheme also
# needs its opener in node/openers.py.
READERS: dict[str, Callable[[str, str], object]] = {
    **dict.fromkeys(RTMP_PORTS, lambda text, parameter: RtmpUrl.parse(text, parameter=parameter)),
    **dict.fromkeys(RTSP_PORTS, lambda text, parameter: RtspUrl.parse(text, parameter=parameter)),
    **dict.fromkeys(WAYS, lambda text, parameter: AvUrl.parse(text, parameter=parameter)),
}
_PLANNED = ("srt", "rtp")


@dataclass(frozen=True, slots=True)
class Source:
    """`url` is what a node opens; `shown` what people and logs see: user, password and query are hidden."""

    url: str = field(repr=False)
    shown: str

    @property
    def secret(self) -> bool:
        """Whether there is anything to hide."""
        return self.url != self.shown


def read_source(parameter: str, text: object) -> Source:
    """Raises InvalidValue in words, which never repeat the URL. A host's name is looked up when it is opened,
    as it may then lead elsewhere; an address is judged here as well."""
    url = check_url(text, schemes=_known(parameter, text), parameter=parameter)
    assert isinstance(text, str)
    READERS[url.scheme](text, parameter)
    if (name := addresses.own_name(text)) is not None:
        raise InvalidValue(parameter, f"is an address of this server: use its stream {name!r} itself")
    _refuse_literal(parameter, url)
    return Source(text, _shown(url))


def names_own_stream(parameter: str, text: str) -> bool:
    """Whether a URL names a stream that is published to us; else it is a source to pull from. Raises
    InvalidValue when it is good for neither."""
    try:
        own = addresses.own_name(text) is not None
    except ValueError:
        own = False
    if own:
        addresses.own_stream_name(parameter, text)
    else:
        read_source(parameter, text)
    return own


def is_hidden(source: Source) -> bool:
    """Whether HIDDEN stands in the secrets: the caller gave back what it was shown."""
    return HIDDEN in source.shown and HIDDEN in source.url


def _known(parameter: str, text: object) -> tuple[str, ...]:
    """The schemes there are; one that is only planned gets words of its own."""
    scheme = text.partition("://")[0].lower() if isinstance(text, str) else ""
    if scheme in _PLANNED and scheme not in READERS:
        known = " or ".join(f"{one}://" for one in READERS)
        raise InvalidValue(parameter, f"{scheme}:// is not supported yet: use {known}")
    return tuple(READERS)


def _refuse_literal(parameter: str, url: Url) -> None:
    try:
        address = ip_address(url.host)
    except ValueError:
        return  # a name
    if reason := why_refused(address, settings.SNAP.allowed_networks):
        raise InvalidValue(parameter, f"leads to {reason}; SNAP_ALLOWED_NETWORKS may allow it")


def _shown(url: Url) -> str:
    user = f"{HIDDEN}@" if url.user is not None else ""
    ends = [at for at in (url.rest.find("?"), url.rest.find("#")) if at >= 0]
    path = url.rest[: min(ends)] if ends else url.rest
    if url.scheme.startswith("rtsp") and "=" in path:
        path = f"/{HIDDEN}"  # some cameras take the password there: /user=admin&password=xyz
    hidden = f"?{HIDDEN}" if ends else ""
    return f"{url.scheme}://{user}{url.authority}{path}{hidden}"
