"""What a server says of its streams: SDP (RFC 4566) with parts of RFC 6184, RFC 7798 and RFC 3640."""

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from snapplatform.rtsp.errors import ProtocolError

MEDIA = 16  # sections that are looked at
_CONTROL = re.compile(r"[\x21-\x7e]{1,2048}")
_STATIC = {0: ("pcmu", 8000), 8: ("pcma", 8000), 14: ("mpa", 90000), 26: ("jpeg", 90000), 33: ("mp2t", 90000)}


@dataclass(slots=True)
class Media:
    """One m= section, of the first format that it names."""

    kind: str  # video, audio, ...
    profile: str  # RTP/AVP, ...
    payload_type: int
    control: str = ""
    encoding: str = ""  # in lower case: h264, h265, mpeg4-generic
    rate: int = 90000  # of time stamps, in Hz
    parameters: dict[str, str] = field(default_factory=dict)  # of fmtp, names in lower case

    def parameter_sets(self, *names: str) -> list[bytes]:
        """NAL units in base64 lists; what can't be read is left out, for it may come in the stream."""
        lists = (self.parameters.get(name, "") for name in names)
        return [unit for text in lists for part in text.split(",") if (unit := _from_base64(part))]

    def number(self, name: str, default: int = 0) -> int:
        """ProtocolError when it isn't one."""
        text = self.parameters.get(name, str(default))
        if not re.fullmatch(r"[0-9]{1,9}", text):
            raise ProtocolError("sdp", f"{name} is not a number")
        return int(text)


@dataclass(frozen=True, slots=True)
class Description:
    """`control` is the whole session's, "" when there is none."""

    control: str
    media: list[Media]


def read_sdp(body: bytes) -> Description:
    """ProtocolError when it is not one."""
    session_control, media = "", list[Media]()
    lines = [line.strip() for line in body.decode("utf-8", "replace").split("\n")]
    if not lines[0].startswith("v="):
        raise ProtocolError("sdp", "the description is not SDP")
    for line in lines[1:]:
        if line.startswith("m="):
            if len(media) == MEDIA:
                break
            media.append(_media(line[2:]))
        elif line.startswith("a=control:"):
            control = _control(line[10:].strip())
            if media:
                media[-1].control = control
            else:
                session_control = control
        elif media:
            _attribute(media[-1], line)
    return Description(session_control, media)


def control_url(base: str, control: str) -> str:
    """Where to SETUP or PLAY. Relative ones are hung onto the base with one slash, query and all, as other
    clients do: RFC 3986 would take away the last part of the path, which servers don't expect."""
    if control in ("", "*"):
        return base
    if re.match(r"rtsps?://", control, re.IGNORECASE):
        return control
    slash = "" if base.endswith("/") or control.startswith("/") else "/"
    return base + slash + control.removeprefix("/" if base.endswith("/") else "")


def checked_url(text: str) -> str:
    """A base that the server gave. ProtocolError when it could not stand in a request line."""
    if not _CONTROL.fullmatch(text):
        raise ProtocolError("sdp", "an address with characters that no URL holds")
    return text


def _control(text: str) -> str:
    return checked_url(text) if text else ""


def _media(line: str) -> Media:
    kind, _, profile, *formats = [*line.split(), "", "", ""][: max(4, len(line.split()))]
    number = formats[0] if formats else ""
    payload_type = int(number) if re.fullmatch(r"[0-9]{1,3}", number) else -1
    encoding, rate = _STATIC.get(payload_type, ("", 90000))
    return Media(kind.lower(), profile.upper(), payload_type, "", encoding, rate)


def _attribute(media: Media, line: str) -> None:
    found = re.fullmatch(r"a=(rtpmap|fmtp):\s*([0-9]{1,3})\s+(.*)", line)
    if found is None or int(found[2]) != media.payload_type:
        return
    if found[1] == "fmtp":
        media.parameters.update(_parameters(found[3]))
        return
    name, _, rest = found[3].partition("/")
    rate = rest.partition("/")[0].strip()
    media.encoding = name.strip().lower()
    if re.fullmatch(r"[1-9][0-9]{0,8}", rate):
        media.rate = int(rate)


def _parameters(text: str) -> Iterator[tuple[str, str]]:
    for part in text.split(";"):
        name, _, value = part.partition("=")
        if name.strip():
            yield name.strip().lower(), value.strip()


def _from_base64(text: str) -> bytes:
    text = text.strip().rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return b""
