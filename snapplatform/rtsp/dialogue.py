"""Requests and their answers, one at a time, with credentials where the server asks for them."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Protocol

from snapplatform.net.ending import EndKind, PullEnd
from snapplatform.rtsp.answers import explain
from snapplatform.rtsp.auth import Authenticator
from snapplatform.rtsp.messages import Message, encode_answer, encode_request
from snapplatform.rtsp.url import RtspUrl

_ANSWERED = ("OPTIONS", "GET_PARAMETER", "SET_PARAMETER")  # of the server's requests

Headers = Collection[tuple[str, str]]


class Wire(Protocol):
    """The connection."""

    def write(self, data: bytes) -> None: ...

    def finish(self, end: PullEnd) -> None: ...


@dataclass(slots=True)
class Request:
    """`then` gets the answer if it is good, or a failure that `tolerates` says may be."""

    method: str
    url: str
    then: Callable[[Message], None]
    headers: Headers = ()
    tolerates: Callable[[int], bool] = lambda status: False
    sequence: int = 0
    repeated: bool = False  # with (other) credentials


class Dialogue:
    """`session` goes into each request once the server has named it."""

    def __init__(self, wire: Wire, url: RtspUrl) -> None:
        self.session = ""
        self.pending: Request | None = None
        self._wire = wire
        self._auth = Authenticator(url.user, url.password)
        self._sequence = 0

    def ask(self, request: Request) -> None:
        """A request that is still unanswered is forgotten."""
        self.pending = request
        self._wire.write(self.encode(request))

    def encode(self, request: Request) -> bytes:
        self._sequence += 1
        request.sequence = self._sequence
        headers = list(request.headers)
        if self.session:
            headers.append(("Session", self.session))
        credentials = self._auth.header(request.method, request.url)
        if credentials:
            headers.append(("Authorization", credentials))
        return encode_request(request.method, request.url, request.sequence, headers)

    def on_message(self, message: Message) -> None:
        """What nobody waits for is passed over; an answer without CSeq is the one that is waited for."""
        if message.method:
            self._on_request(message)
            return
        request = self.pending
        if request is None or message.status < 200 or message.sequence not in (None, request.sequence):
            return
        self.pending = None
        if message.status == 401:
            self._on_unauthorised(request, message)
            return
        self._auth.accepted = self._auth.ready
        if message.status < 300 or request.tolerates(message.status):
            request.then(message)
        else:
            self._refuse(message.status)

    def _on_unauthorised(self, request: Request, answer: Message) -> None:
        why = "user name or password are wrong"
        if not request.repeated:
            why = self._auth.challenged(answer.all("www-authenticate"))
        if why:
            self._refuse(401, why)
            return
        request.repeated = True
        self.ask(request)

    def _refuse(self, status: int, why: str = "") -> None:
        self._wire.finish(PullEnd(EndKind.REFUSED, explain(status, why)))

    def _on_request(self, request: Message) -> None:
        if request.method in _ANSWERED:
            self._wire.write(encode_answer("200 OK", request))
        elif request.method == "REDIRECT":
            self._refuse(302)
        elif request.method == "TEARDOWN":
            self._wire.finish(PullEnd(EndKind.ENDED, "TEARDOWN"))
        else:
            self._wire.write(encode_answer("501 Not Implemented", request))
