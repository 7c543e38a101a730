"""The headers of an answer to SETUP: which channels of the connection, and for how long the session lives."""

import re
from dataclasses import dataclass

from snapplatform.rtsp.errors import ProtocolError, Unsupported

DEFAULT_TIMEOUT = 60.0  # RFC 2326, 12.37
_SESSION = re.compile(r"[\x21-\x3a\x3c-\x7e]{1,256}")


@dataclass(frozen=True, slots=True)
class Channels:
    """Of RTP and of its RTCP; the latter may be missing."""

    media: int
    control: int | None


def transport_of(first_channel: int) -> str:
    """What we ask for."""
    return f"RTP/AVP/TCP;unicast;interleaved={first_channel}-{first_channel + 1}"


def read_channels(text: str, asked: int) -> Channels:
    """From an answered Transport; the asked ones where it names none. Unsupported when it isn't TCP."""
    parts = [part.strip().lower() for part in text.split(",")[0].split(";")]
    if parts[0] and parts[0] != "rtp/avp/tcp":
        raise Unsupported("the server gives no RTP over TCP")
    for part in parts:
        if part.startswith("interleaved="):
            found = re.fullmatch(r"interleaved=([0-9]{1,3})(?:-([0-9]{1,3}))?", part)
            if found is None or int(found[1]) > 255 or int(found[2] or 0) > 255:
                raise ProtocolError("message", "a Transport without channels")
            return Channels(int(found[1]), int(found[2]) if found[2] else None)
    return Channels(asked, asked + 1)


def read_session(text: str) -> tuple[str, float]:
    """The session's name and its time-out in seconds."""
    name, *parameters = [part.strip() for part in text.split(";")]
    if not _SESSION.fullmatch(name):
        raise ProtocolError("message", "SETUP was answered without a session")
    for parameter in parameters:
        found = re.fullmatch(r"timeout\s*=\s*([0-9]{1,6})", parameter, re.IGNORECASE)
        if found is not None and int(found[1]):
            return name, float(found[1])
    return name, DEFAULT_TIMEOUT
