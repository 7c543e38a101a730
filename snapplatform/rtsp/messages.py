"""RTSP messages (RFC 2326, 4 to 7 and 12): bytes to headers and body, bounded, and our requests to bytes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from snapplatform.rtsp.errors import ProtocolError
from snapplatform.rtsp.limits import ClientLimits

AGENT = "Snapplatform"
# Text that the server sent goes back as the same bytes, whatever its encoding.
_CODING = ("utf-8", "surrogateescape")
_END = re.compile(rb"\r?\n\r?\n")
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)")
_STATUS = re.compile(r"RTSP/1\.\d (\d{3})(?: .*)?")
_REQUEST = re.compile(r"([A-Z_]{1,32}) (\S+) RTSP/1\.\d")


@dataclass(frozen=True, slots=True)
class Message:
    """A response has a `status`, a request a `method`. Header names are in lower case, in order of arrival;
    their values may hold secrets."""

    status: int = 0
    method: str = ""
    headers: Sequence[tuple[str, str]] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)

    def get(self, name: str) -> str:
        """The first header of that name, or ""."""
        return next((value for one, value in self.headers if one == name), "")

    def all(self, name: str) -> list[str]:
        return [value for one, value in self.headers if one == name]

    @property
    def sequence(self) -> int | None:
        """CSeq; None where it is missing, as some cameras leave it out."""
        return _number(self.get("cseq"))


def read_message(buf: bytearray, at: int, end: int, limits: ClientLimits) -> tuple[Message, int] | None:
    """The message at buf[at:end] and where it ends, or None when there is not yet all of it. ProtocolError
    when it breaks the rules or a limit."""
    _look_at_the_beginning(buf[at : min(end, at + 8)])
    found = _END.search(buf, at, min(end, at + limits.header_bytes))
    if found is None:
        if end - at >= limits.header_bytes:
            raise ProtocolError("size", f"headers of more than {limits.header_bytes} bytes")
        return None
    message = _read_headers(bytes(buf[at : found.start()]), limits)
    length = _number(message.get("content-length") or "0")
    if length is None:
        raise ProtocolError("message", "Content-Length is not a number")
    stop = found.end() + length
    if stop - at > limits.message_bytes:
        raise ProtocolError("size", f"a message of more than {limits.message_bytes} bytes")
    if stop > end:
        return None
    body = bytes(buf[found.end() : stop])
    return Message(message.status, message.method, message.headers, body), stop


def encode_request(method: str, url: str, sequence: int, headers: Sequence[tuple[str, str]]) -> bytes:
    lines = [f"{method} {url} RTSP/1.0", f"CSeq: {sequence}", f"User-Agent: {AGENT}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode(*_CODING)


def encode_answer(status: str, request: Message) -> bytes:
    """To what the server asks of us; `status` is "200 OK" and the like."""
    sequence = request.sequence
    echoed = "" if sequence is None else f"CSeq: {sequence}\r\n"
    return f"RTSP/1.0 {status}\r\n{echoed}\r\n".encode()


def _look_at_the_beginning(start: bytearray) -> None:
    """Who speaks something else is told from one who is slow."""
    if not re.match(rb"[A-Z_]+(?:[ /]|$)", start):
        raise ProtocolError("message", "the server does not speak RTSP")


def _read_headers(block: bytes, limits: ClientLimits) -> Message:
    if _CONTROL.search(block):
        raise ProtocolError("message", "a control character in a header")
    lines = [line.removesuffix(b"\r") for line in block.split(b"\n")]
    if len(lines) > limits.headers:
        raise ProtocolError("size", f"more than {limits.headers} header lines")
    if max(map(len, lines)) > limits.line_bytes:
        raise ProtocolError("size", f"a header line of more than {limits.line_bytes} bytes")
    first, *rest = (line.decode(*_CODING) for line in lines)
    headers: list[tuple[str, str]] = []
    for line in rest:
        if line[:1] in (" ", "\t") and headers:  # a folded line goes on with the last one
            headers[-1] = headers[-1][0], f"{headers[-1][1]} {line.strip()}"
            continue
        name, colon, value = line.partition(":")
        if not colon:
            raise ProtocolError("message", "a header line without a colon")
        headers.append((name.strip().lower(), value.strip()))
    status = _STATUS.fullmatch(first)
    if status is not None:
        return Message(status=int(status[1]), headers=headers)
    request = _REQUEST.fullmatch(first)
    if request is None:
        raise ProtocolError("message", "the server does not speak RTSP/1.0")
    return Message(method=request[1], headers=headers)


def _number(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None
