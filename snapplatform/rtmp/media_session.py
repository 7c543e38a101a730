"""Messages of one connection to their meaning, as far as both sides share it."""

from typing import Protocol

from snapplatform.rtmp import amf0, messages
from snapplatform.rtmp.aggregate import split
from snapplatform.rtmp.errors import ProtocolError
from snapplatform.rtmp.interface import Sink
from snapplatform.rtmp.limits import WireLimits
from snapplatform.rtmp.media_time import MediaTime
from snapplatform.rtmp.player import Outlet

AMF_BYTES_A_CHUNK = 4  # decoding so many bytes of the worst AMF takes as long as reading a chunk


class Link(Outlet, Protocol):
    """The connection, as either side's session sees it."""

    def charge(self, chunks: int) -> None:
        """What was just done cost as much as that many chunks; others get their turn the sooner."""

    def acknowledge_each(self, window: int) -> None:
        """The peer wants a word after each `window` bytes."""


class Intake(Protocol):
    """Where media goes. `state` is "" while the peer may only send commands, and not many."""

    sink: Sink | None
    time: MediaTime

    @property
    def state(self) -> str: ...


class MediaSession:
    """Takes whole messages. ProtocolError when the peer breaks the rules."""

    def __init__(self, link: Link, intake: Intake, limits: WireLimits) -> None:
        self._link = link
        self._intake = intake
        self._limits = limits
        self._commands_left = limits.commands

    def on_message(self, kind: int, timestamp: int, stream_id: int, payload: bytes) -> None:
        """One message from the peer; the message stream id of media is not looked at, encoders differ."""
        intake = self._intake
        sink = intake.sink
        if kind == messages.VIDEO:
            if sink is not None and payload:
                sink.video(intake.time.unwrap(timestamp), payload)
        elif kind == messages.AUDIO:
            if sink is not None and payload:
                sink.audio(intake.time.unwrap(timestamp), payload)
        elif kind == messages.COMMAND:
            self._decode_command(stream_id, payload)
        elif kind == messages.COMMAND_AMF3:  # AMF0 all the same, after a zero byte
            self._decode_command(stream_id, payload[1:])
        elif kind == messages.DATA:
            self._on_data(payload)
        elif kind == messages.DATA_AMF3:
            self._on_data(payload[1:])
        elif kind == messages.USER_CONTROL:
            if len(payload) >= 6:
                self._on_user_control(*messages.EVENT.unpack_from(payload))
        elif kind == messages.WINDOW_SIZE and len(payload) >= 4:
            self._link.acknowledge_each(int.from_bytes(payload[:4], "big"))
        elif kind == messages.AGGREGATE and sink is not None:
            for part in split(timestamp, payload):
                self._link.charge(1)
                self.on_message(part[0], part[1], stream_id, part[2])  # whose sink may just have been closed

    def _on_data(self, payload: bytes) -> None:
        sink = self._intake.sink
        if sink is not None and len(payload) <= self._limits.command_bytes:
            self._link.charge(len(payload) // AMF_BYTES_A_CHUNK)
            metadata = messages.metadata_of(payload)
            if metadata is not None:
                sink.metadata(metadata)

    def _on_user_control(self, event: int, value: int) -> None:
        if event == messages.PING_REQUEST:
            self._link.write(messages.user_control(messages.PING_RESPONSE, value))

    def _decode_command(self, stream_id: int, payload: bytes) -> None:
        self._link.charge(len(payload) // AMF_BYTES_A_CHUNK)
        self._commands_left = self._limits.commands if self._intake.state else self._commands_left - 1
        if self._commands_left < 0:
            raise ProtocolError("command", "too many commands")
        if len(payload) > self._limits.command_bytes:
            raise ProtocolError("size", "command too long")
        values = amf0.decode_all(payload, depth=self._limits.amf_depth, values=self._limits.amf_values)
        if len(values) < 2 or not isinstance(values[0], str) or not isinstance(values[1], float):
            raise ProtocolError("command", "command without name or transaction")
        self._on_command(values[0], values[1], stream_id, values[2:])

    def _on_command(self, name: str, transaction: float, stream_id: int, rest: list[object]) -> None:
        raise NotImplementedError
