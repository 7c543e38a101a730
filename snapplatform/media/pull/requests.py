"""HTTP of one stream: to addresses that the node has checked, and nowhere else; redirects included."""

import http.client
import socket
import ssl
from base64 import b64encode
from collections.abc import Callable
from urllib.parse import urljoin

from snapplatform.errors import InvalidValue
from snapplatform.net.ending import EndKind

from .bodies import Body
from .connecting import connect, first_of
from .cut import Cut
from .failures import Failed, refused
from .schemes import NESTED, AvUrl

_REDIRECTS = (301, 302, 303, 307, 308)
_IDLE = 2  # connections kept for the next segment
_AGENT = "Snapplatform"


class _Connection(http.client.HTTPConnection):
    """Over a socket that is connected already; it must never look a name up by itself."""

    auto_open = 0

    def __init__(self, url: AvUrl, sock: socket.socket) -> None:
        super().__init__(url.host, url.port)
        self.sock = self.own = sock  # http.client forgets it with the last answer


Ask = Callable[[str], list[str]]  # URL -> addresses, or Failed
Origin = tuple[str, str, int]


class Requests:
    """For one thread. `ask` gives the addresses of a URL; `first` is the one whose addresses are known, and
    the only place that gets to see user and password."""

    def __init__(
        self, first: AvUrl, addresses: list[str], ask: Ask, cut: Cut, *, seconds: float, redirects: int
    ) -> None:
        self._first: AvUrl | None = first
        self._addresses = addresses
        self._ask = ask
        self._cut = cut
        self._seconds = seconds
        self._redirects = redirects
        self._origin = _origin(first)
        self._authorization = _basic(first)
        self._idle: list[tuple[Origin, _Connection]] = []
        self._tls: ssl.SSLContext | None = None

    def get(self, text: str, start: int = 0, stop: int | None = None) -> Body:
        """The body of what is there, of bytes start to `stop` - 1 if either is given; Failed otherwise."""
        for _ in range(self._redirects + 1):
            url = _parse(text)
            connection, response = self._send(url, start, stop)
            if response.status not in _REDIRECTS:
                break
            text = urljoin(url.full, response.getheader("Location", ""))
            self._drop(connection)
        else:
            raise Failed(EndKind.PROTOCOL, f"more than {self._redirects} redirects")
        if response.status not in (200, 206) or (response.status == 200 and start):
            self._drop(connection)
            raise refused(response.status) if response.status != 200 else _no_ranges()
        return Body(url.full, response, lambda whole: self._give_back(url, connection, whole), start)

    def close(self) -> None:
        for _, connection in self._idle:
            self._drop(connection)
        self._idle.clear()

    def _send(self, url: AvUrl, start: int, stop: int | None) -> tuple[_Connection, http.client.HTTPResponse]:
        """A connection that was kept may have been closed meanwhile: then once more over a new one."""
        connection = self._take(url)
        if connection is not None:
            try:
                return connection, self._exchange(connection, url, start, stop)
            except Failed:
                self._drop(connection)
                self._cut.check()
        connection = self._connect(url)
        try:
            return connection, self._exchange(connection, url, start, stop)
        except BaseException:
            self._drop(connection)
            raise

    def _exchange(
        self, connection: _Connection, url: AvUrl, start: int, stop: int | None
    ) -> http.client.HTTPResponse:
        try:
            connection.putrequest("GET", url.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self._headers(url, start, stop):
                connection.putheader(name, value)
            connection.endheaders()
            return connection.getresponse()
        except TimeoutError:
            self._cut.check()
            raise Failed(EndKind.ANSWER_TIMEOUT, "the server does not answer") from None
        except http.client.HTTPException as error:
            self._cut.check()
            if isinstance(error, http.client.RemoteDisconnected):
                raise Failed(EndKind.LOST, "closed by the server before it answered") from None
            raise Failed(EndKind.PROTOCOL, f"no HTTP answer ({type(error).__name__})") from None
        except (OSError, ValueError):
            self._cut.check()
            raise Failed(EndKind.LOST, "the connection broke before the answer") from None

    def _headers(self, url: AvUrl, start: int, stop: int | None) -> list[tuple[str, str]]:
        headers = [("Host", url.authority), ("User-Agent", _AGENT), ("Accept", "*/*")]
        if start or stop is not None:
            headers.append(("Range", f"bytes={start}-{'' if stop is None else stop - 1}"))
        if self._authorization and _origin(url) == self._origin:
            headers.append(("Authorization", self._authorization))
        return headers

    def _connect(self, url: AvUrl) -> _Connection:
        if self._first is not None and url.full == self._first.full:
            addresses, self._first = self._addresses, None
        else:
            addresses = self._ask(url.full)
        return _Connection(url, first_of(addresses, lambda address: self._dial(url, address)))

    def _dial(self, url: AvUrl, address: str) -> socket.socket:
        sock = connect(address, url.port, self._cut)
        try:
            if url.way.secure:
                self._tls = self._tls or ssl.create_default_context()
                self._cut.drop(sock)
                sock = self._tls.wrap_socket(sock, server_hostname=url.host, do_handshake_on_connect=False)
                self._cut.add(sock)
                sock.do_handshake()
            sock.settimeout(self._seconds)
        except ssl.SSLCertVerificationError as error:
            sock.close()
            raise Failed(EndKind.TLS, error.verify_message) from None
        except (OSError, ValueError) as error:
            sock.close()
            self._cut.check()
            raise Failed(EndKind.TLS, getattr(error, "reason", None) or "broken off") from None
        return sock

    def _take(self, url: AvUrl) -> _Connection | None:
        for index, (origin, connection) in enumerate(self._idle):
            if origin == _origin(url):
                del self._idle[index]
                return connection
        return None

    def _give_back(self, url: AvUrl, connection: _Connection, whole: bool) -> None:
        if not whole or connection.sock is None:
            self._drop(connection)
            return
        self._idle.append((_origin(url), connection))
        if len(self._idle) > _IDLE:
            self._drop(self._idle.pop(0)[1])

    def _drop(self, connection: _Connection) -> None:
        self._cut.drop(connection.own)
        connection.close()


def _parse(text: str) -> AvUrl:
    try:
        return AvUrl.parse(text, schemes=NESTED)
    except InvalidValue:
        raise Failed(EndKind.ADDRESS_REFUSED, "the stream leads to what is no HTTP address") from None


def _origin(url: AvUrl) -> Origin:
    return url.scheme, url.host, url.port


def _basic(url: AvUrl) -> str:
    if url.user is None:
        return ""
    return "Basic " + b64encode(f"{url.user}:{url.password or ''}".encode()).decode()


def _no_ranges() -> Failed:
    return Failed(EndKind.UNSUPPORTED, "the server gives no parts of a file (Range), which this one needs")
