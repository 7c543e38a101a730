"""How a pulled stream ended."""

import enum
from dataclasses import dataclass


class EndKind(enum.StrEnum):
    """One word for each meaning; a metric label."""

    KEYFRAME = "got its keyframe"  # all that was wanted
    ENDED = "ended"  # the server says that the stream is over
    REFUSED = "refused"  # the server says no; the detail is its status code
    UNSUPPORTED = "unsupported"  # the stream is there, but in a form that is not taken
    LOST = "connection lost"
    SILENCE = "silence"  # neither picture nor sound
    NO_VIDEO = "no video"  # sound alone, or no keyframe where one was wanted
    CONNECT_TIMEOUT = "connect timed out"
    UNREACHABLE = "unreachable"
    HOST_NOT_FOUND = "host not found"
    ADDRESS_REFUSED = "address refused"  # the detail is what kind of address it is
    TLS = "tls failed"
    HANDSHAKE_TIMEOUT = "handshake timed out"
    ANSWER_TIMEOUT = "answer timed out"  # of connect, createStream or play
    PROTOCOL = "protocol error"
    CANCELLED = "cancelled"
    INTERNAL = "internal error"


@dataclass(frozen=True, slots=True)
class PullEnd:
    """`detail` may be shown to the stream's owner. It never holds text of the server but a status code, for
    servers like to repeat what was asked for, key and all."""

    kind: EndKind
    detail: str = ""
    bytes_in: int = 0

    def __str__(self) -> str:
        return f"{self.kind}: {self.detail}" if self.detail else str(self.kind)
