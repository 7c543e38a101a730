"""The steps of a pull (RFC 2326), each following from the answer to the one before.

OPTIONS -> DESCRIBE -> SETUP of the video (and of the sound) -> PLAY -> keep-alives ... TEARDOWN
"""

from typing import Protocol

from snapplatform.net.ending import EndKind, PullEnd
from snapplatform.rtsp.dialogue import Dialogue, Request, Wire
from snapplatform.rtsp.limits import ClientLimits
from snapplatform.rtsp.messages import Message
from snapplatform.rtsp.sdp import Description, checked_url, control_url, read_sdp
from snapplatform.rtsp.transport import Channels, read_channels, read_session, transport_of
from snapplatform.rtsp.url import RtspUrl

_INVALID_RANGE = 457
_SESSION_NOT_FOUND = 454


class Stage(Protocol):
    """Where what is set up will play."""

    def described(self, description: Description) -> list[str]:
        """The control addresses of the tracks that are wanted, not more than a few. May raise Unsupported."""
        ...

    def set_up(self, index: int, channels: Channels) -> None:
        """That track comes on these channels."""


class Session:
    """Takes whole messages. ProtocolError or Unsupported when it can't go on."""

    def __init__(self, wire: Wire, stage: Stage, url: RtspUrl, limits: ClientLimits) -> None:
        self.playing = False
        self._stage, self._limits = stage, limits
        self._url = self._base = self._aggregate = url.request
        self._dialogue = Dialogue(wire, url)
        self._knows_get_parameter = False
        self._controls: list[str] = []
        self._keep_alive = limits.keep_alive_seconds
        self._kept_at = 0.0
        self._waiting_for: Request | None = None
        self._since = 0.0  # when that was first seen to be waited for

    def begin(self) -> None:
        request = Request("OPTIONS", self._url, self._on_options, tolerates=lambda status: status >= 400)
        self._dialogue.ask(request)

    def on_message(self, message: Message) -> None:
        self._dialogue.on_message(message)

    def tick(self, now: float) -> PullEnd | None:
        """Keep the session alive when it is time. Returns why to give up waiting for an answer, if so; while
        it plays, media tell that the server lives."""
        if self.playing:
            self._kept_at = self._kept_at or now
            if now - self._kept_at >= self._keep_alive:
                self._kept_at = now
                self._stay()
            return None
        pending = self._dialogue.pending
        if pending is not self._waiting_for:
            self._waiting_for, self._since = pending, now
        if pending is not None and now - self._since > self._limits.answer_seconds:
            return PullEnd(EndKind.ANSWER_TIMEOUT, f"no answer to {pending.method}")
        return None

    def teardown(self) -> bytes:
        """What to say when leaving, b"" when there is nothing to leave."""
        if not self._dialogue.session:
            return b""
        return self._dialogue.encode(Request("TEARDOWN", self._aggregate, lambda answer: None))

    # Each answer.

    def _on_options(self, answer: Message) -> None:
        names = ",".join(answer.all("public")).upper().split(",")
        self._knows_get_parameter = "GET_PARAMETER" in (name.strip() for name in names)
        self._dialogue.ask(Request("DESCRIBE", self._url, self._on_describe, [("Accept", "application/sdp")]))

    def _on_describe(self, answer: Message) -> None:
        description = read_sdp(answer.body)
        base = answer.get("content-base") or answer.get("content-location")
        if base.lower().startswith(("rtsp://", "rtsps://")):
            self._base = checked_url(base)
        self._aggregate = control_url(self._base, description.control)
        self._controls = [control_url(self._base, one) for one in self._stage.described(description)]
        self._set_up(0)

    def _set_up(self, index: int) -> None:
        channel = 2 * index

        def answered(answer: Message) -> None:
            channels = read_channels(answer.get("transport"), channel)
            self._dialogue.session, timeout = read_session(answer.get("session"))
            self._keep_alive = min(self._limits.keep_alive_seconds, timeout / 2)
            self._stage.set_up(index, channels)
            if index + 1 < len(self._controls):
                self._set_up(index + 1)
            else:
                self._play(("Range", "npt=0.000-"))

        headers = [("Transport", transport_of(channel))]
        self._dialogue.ask(Request("SETUP", self._controls[index], answered, headers))

    def _play(self, *headers: tuple[str, str]) -> None:
        def answered(answer: Message) -> None:
            if answer.status == _INVALID_RANGE:  # a live stream that has no 0 to begin at
                self._play()
            else:
                self.playing = True

        def without_range(status: int) -> bool:
            return status == _INVALID_RANGE and bool(headers)

        self._dialogue.ask(Request("PLAY", self._aggregate, answered, headers, without_range))

    def _stay(self) -> None:
        """GET_PARAMETER where the server knows it, as long as it answers well: some only say that they do."""
        if self._dialogue.pending is not None:
            self._knows_get_parameter = False
        method = "GET_PARAMETER" if self._knows_get_parameter else "OPTIONS"
        request = Request(method, self._aggregate, self._on_stayed)
        request.tolerates = lambda status: status != _SESSION_NOT_FOUND
        self._dialogue.ask(request)

    def _on_stayed(self, answer: Message) -> None:
        if answer.status >= 300:
            self._knows_get_parameter = False
