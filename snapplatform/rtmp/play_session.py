"""The commands of a client that plays one stream, and what the server says to them.

connect --_result--> createStream --_result--> play --Play.Start or media--> playing
"""

import re
from typing import Protocol

from snapplatform.net.ending import EndKind, PullEnd
from snapplatform.rtmp import amf0, messages
from snapplatform.rtmp.errors import ProtocolError
from snapplatform.rtmp.limits import WireLimits
from snapplatform.rtmp.media_session import Intake, Link, MediaSession
from snapplatform.rtmp.receiver import WINDOW
from snapplatform.rtmp.url import RtmpUrl

CONNECT, CREATE_STREAM, PLAY = 1, 2, 3  # transactions
LIVE_OR_RECORDED = -2000  # play's start: the live stream of this name, else a file
BUFFER_MS = 3000  # what we claim to hold; some servers send no more at once
CHUNK_SIZE = 128  # of ours: the protocol's default, so that nobody has to be told

_ENDED = ("NetStream.Play.Stop", "NetStream.Play.Complete", "NetStream.Play.UnpublishNotify")
_FAILED = re.compile(r".*\.(StreamNotFound|FileNotFound|Failed|Rejected|Unauthorized|InvalidApp|Closed)")
_CODE = re.compile(r"Net(Connection|Stream)(\.[A-Za-z]{1,32}){1,3}")
_ON_PLAY_STATUS = amf0.encode_all("onPlayStatus")
_CAPABILITIES = {
    "flashVer": "LNX 9,0,124,2",
    "fpad": False,
    "capabilities": 15,
    "audioCodecs": 4071,
    "videoCodecs": 252,
    "videoFunction": 1,
    "fourCcList": ["av01", "hvc1", "vp09"],  # Enhanced RTMP
}


class PlayLink(Link, Intake, Protocol):
    """The connection, as its session sees it."""

    def ask(self) -> None:
        """The stream is being asked for: media may come from now on."""

    def started(self) -> None:
        """The server says that it plays."""

    def finish(self, end: PullEnd) -> None:
        """Nothing more is wanted of the server."""


class PlaySession(MediaSession):
    """Asks for one stream."""

    def __init__(self, link: PlayLink, url: RtmpUrl, limits: WireLimits) -> None:
        super().__init__(link, link, limits)
        self._play_link = link
        self._url = url
        self._asked = 0  # the transaction whose answer is due

    def connect(self) -> None:
        """Say the first command."""
        about = {"app": self._url.app, "tcUrl": self._url.tc_url, **_CAPABILITIES}
        self._ask(CONNECT, "connect", about)

    def _ask(self, transaction: int, name: str, *values: object, stream_id: int = 0) -> None:
        body = amf0.encode_all(name, transaction, *values)
        chunk_stream = messages.COMMAND_CHUNK_STREAM
        self._asked = transaction
        self._link.write(
            messages.encode_message(chunk_stream, messages.COMMAND, 0, stream_id, body, CHUNK_SIZE)
        )

    def _on_command(self, name: str, transaction: float, stream_id: int, rest: list[object]) -> None:
        if name == "_result" and transaction == self._asked:
            self._answered(rest)
        elif name == "_error" and transaction == self._asked:
            self._refused(_about(rest)[1])
        elif name in ("onStatus", "onPlayStatus"):
            self._on_status(*_about(rest))
        elif name == "close":
            self._play_link.finish(PullEnd(EndKind.ENDED, "closed by the server"))

    def _answered(self, rest: list[object]) -> None:
        if self._asked == CONNECT:
            self._link.write(messages.control(messages.WINDOW_SIZE, WINDOW))
            self._ask(CREATE_STREAM, "createStream", None)
        elif self._asked == CREATE_STREAM:
            number = rest[1] if len(rest) > 1 else None
            if not isinstance(number, float) or not 0 <= number < 2**32:
                raise ProtocolError("command", "createStream answered without a stream")
            stream_id = int(number)
            self._play_link.ask()
            self._link.write(messages.buffer_length(stream_id, BUFFER_MS))
            self._ask(PLAY, "play", None, self._url.name, LIVE_OR_RECORDED, stream_id=stream_id)

    def _on_status(self, level: str, code: str) -> None:
        if code in _ENDED:
            self._play_link.finish(PullEnd(EndKind.ENDED, code))
        elif level == "error" or _FAILED.fullmatch(code):
            self._refused(code)
        elif code == "NetStream.Play.Start":
            self._play_link.started()

    def _refused(self, code: str) -> None:
        self._play_link.finish(PullEnd(EndKind.REFUSED, code or "without a status code"))

    def _on_data(self, payload: bytes) -> None:
        if payload.startswith(_ON_PLAY_STATUS):
            self._decode_command(0, _ON_PLAY_STATUS + amf0.encode_all(0) + payload[len(_ON_PLAY_STATUS) :])
        else:
            super()._on_data(payload)

    def _on_user_control(self, event: int, value: int) -> None:
        if event == messages.STREAM_EOF:
            self._play_link.finish(PullEnd(EndKind.ENDED, "StreamEOF"))
        else:
            super()._on_user_control(event, value)


def _about(rest: list[object]) -> tuple[str, str]:
    """Level and code of an answer; a code that does not look like one is "", for it could hold anything."""
    about = next((value for value in rest if isinstance(value, dict)), {})
    level, code = about.get("level"), about.get("code")
    good = isinstance(code, str) and _CODE.fullmatch(code)
    return str(level), str(code) if good else ""
