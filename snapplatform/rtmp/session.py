"""Commands of a client of the server, and their answers."""

from snapplatform.rtmp import amf0, messages
from snapplatform.rtmp.address import parse_address, printable
from snapplatform.rtmp.errors import ProtocolError
from snapplatform.rtmp.interface import Refused
from snapplatform.rtmp.limits import Limits
from snapplatform.rtmp.media_session import MediaSession
from snapplatform.rtmp.receiver import WINDOW
from snapplatform.rtmp.role import Role, Wire


class Session(MediaSession):
    """The server's side: what a client asks for."""

    def __init__(self, wire: Wire, role: Role, limits: Limits) -> None:
        super().__init__(wire, role, limits)
        self._wire = wire
        self._role = role
        self._app: tuple[str, str, str] | None = None  # app, tcUrl, client; None before connect
        self._streams = 0

    def _on_command(self, name: str, transaction: float, stream_id: int, rest: list[object]) -> None:
        handler = _HANDLERS.get(name, Session._unknown)
        if self._app is None and name != "connect":
            raise ProtocolError("command", "command before connect")
        handler(self, transaction, stream_id, rest)

    def _result(self, transaction: float, *values: object) -> None:
        if transaction:  # 0 asks for no answer
            self._wire.write(messages.command("_result", transaction, *values))

    def _unknown(self, transaction: float, stream_id: int, rest: list[object]) -> None:
        if transaction:
            about = _about("NetConnection.Call.Failed", "Unknown command.", level="error")
            self._wire.write(messages.command("_error", transaction, None, about))

    def _connect(self, transaction: float, stream_id: int, rest: list[object]) -> None:
        about = rest[0] if rest else None
        if self._app is not None or not isinstance(about, dict):
            raise ProtocolError("command", "connect twice, or without its object")
        app, url, client = (_text(about.get(key)) for key in ("app", "tcUrl", "flashVer"))
        self._app = (app, url, printable(client))
        result = _about("NetConnection.Connect.Success", "Connected.") | {"objectEncoding": 0}
        self._wire.write(
            messages.control(messages.WINDOW_SIZE, WINDOW)
            + messages.peer_bandwidth(WINDOW)
            + messages.control(messages.SET_CHUNK_SIZE, messages.CHUNK_SIZE)
            + messages.command("_result", transaction, {"fmsVer": "FMS/3,5,0,0", "capabilities": 31}, result)
        )

    def _create_stream(self, transaction: float, stream_id: int, rest: list[object]) -> None:
        self._streams += 1
        self._result(transaction, None, self._streams)

    def _announced(self, transaction: float, stream_id: int, rest: list[object]) -> None:
        """releaseStream: nothing to do before publish, but some encoders wait for an answer."""
        self._result(transaction, None, amf0.UNDEFINED)

    def _fc_publish(self, transaction: float, stream_id: int, rest: list[object]) -> None:
        self._result(transaction, None, amf0.UNDEFINED)
        about = _about("NetStream.Publish.Start", "Go on with publish.")
        self._wire.write(messages.command("onFCPublish", 0, None, about))

    def _stream_length(self, transaction: float, stream_id: int, rest: list[object]) -> None:
        self._result(transaction, None, 0)  # live

    def _publish(self, transaction: float, stream_id: int, rest: list[object]) -> None:
        self._begin("NetStream.Publish.BadName", stream_id, rest)

    def _play(self, transaction: float, stream_id: int, rest: list[object]) -> None:
        self._begin("NetStream.Play.StreamNotFound", stream_id, rest)

    def _begin(self, bad_name: str, stream_id: int, rest: list[object]) -> None:
        assert self._app is not None
        app, url, client = self._app
        name = _text(rest[1]) if len(rest) > 1 else ""
        if self._role.state:
            raise ProtocolError("command", "a second stream on one connection")
        try:
            address = parse_address(app, url, name, peer=self._wire.peer, client=client, bad_name=bad_name)
        except Refused as refused:
            self._role.refuse(stream_id, refused.code, refused.description)
            return
        start = self._role.publish if bad_name.startswith("NetStream.Publish") else self._role.play
        start(address, stream_id)

    def _end(self, transaction: float, stream_id: int, rest: list[object]) -> None:
        """deleteStream, closeStream, FCUnpublish: whichever comes first ends the one stream there is."""
        self._role.release("unpublished")

    def _pause(self, transaction: float, stream_id: int, rest: list[object]) -> None:
        player = self._role.player
        if player is not None and len(rest) > 1:
            player.paused = rest[1] is True
            code = "NetStream.Pause.Notify" if player.paused else "NetStream.Unpause.Notify"
            self._wire.write(messages.status(code, "Live goes on.", stream_id=player.stream_id))

    def _receive_audio(self, transaction: float, stream_id: int, rest: list[object]) -> None:
        self._mute(messages.AUDIO, rest)

    def _receive_video(self, transaction: float, stream_id: int, rest: list[object]) -> None:
        self._mute(messages.VIDEO, rest)

    def _mute(self, kind: int, rest: list[object]) -> None:
        player = self._role.player
        if player is not None and len(rest) > 1:
            (player.muted.discard if rest[1] is True else player.muted.add)(kind)


def _about(code: str, description: str, level: str = "status") -> dict[str, object]:
    return {"level": level, "code": code, "description": description}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


_HANDLERS = {
    "connect": Session._connect,
    "releaseStream": Session._announced,
    "FCPublish": Session._fc_publish,
    "createStream": Session._create_stream,
    "getStreamLength": Session._stream_length,
    "publish": Session._publish,
    "play": Session._play,
    "pause": Session._pause,
    "receiveAudio": Session._receive_audio,
    "receiveVideo": Session._receive_video,
    "deleteStream": Session._end,
    "closeStream": Session._end,
    "FCUnpublish": Session._end,
}
