"""From a checked URL to an open container. The library never connects by itself, but to a relay of ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Protocol
from urllib.parse import quote

import av
from av.container import InputContainer

from snapplatform.net.ending import EndKind, PullEnd

from . import formats
from .bodies import CHUNK, Body, Ending, Headed, Readable, Seekable, read_head, read_whole
from .cut import Cut
from .failures import Failed
from .hls import HlsOpener
from .link import Link
from .pacing import FILE_AHEAD_SECONDS, LIVE_AHEAD_SECONDS
from .playlist import MAX_BYTES
from .relay import Relay
from .requests import Requests
from .schemes import FILE_OPTIONS, HLS_OPTIONS, RTSP_OPTIONS, AvUrl, Kind
from .sockets import Tcp, Udp
from .wire import Order

# The node's limits end a stream long before; the library must wait longer than between two segments.
_COMMON: dict[str, Any] = {"timeout": 60.0, "metadata_errors": "replace", "buffer_size": CHUNK}


class Source(Protocol):
    """What the library reads from; `end` is why that ended, if it did not by itself."""

    end: PullEnd | None


@dataclass(slots=True)
class Opened:
    """`form` is the container's format in one word; `ahead` is how far its media may run ahead of the clock;
    `kept` holds what must live as long as the container, and be closed after it."""

    container: InputContainer
    form: str
    source: Source
    ahead: float = LIVE_AHEAD_SECONDS
    kept: list[Any] = field(default_factory=list)

    @property
    def end(self) -> PullEnd:
        """Why no more packets come."""
        return self.source.end or PullEnd(EndKind.ENDED)

    def close(self) -> None:
        """In the thread that opened it: the library crashes otherwise."""
        self.container.close()
        for one in self.kept:
            one.close()


def open_url(order: Order, link: Link, cut: Cut) -> Opened:
    """Raises Failed, or nearly anything that the library raises of damaged media."""
    url = replace(AvUrl.parse(order.url), user=order.user, password=order.password)
    if url.way.kind is Kind.RTSP:
        return _open_rtsp(url, order, cut)
    if url.way.kind is Kind.HTTP:
        return _open_http(url, order, link, cut)
    source: Readable
    if url.way.kind is Kind.TCP:
        source = Tcp(order.addresses, url.port, cut, order.silence_seconds)
    else:
        source = Udp(order.addresses[0], url.port, cut, order.silence_seconds)
    source = Headed(b"", source, link.count)
    head = read_head(source, formats.HEAD_BYTES)
    form = formats.recognise(head)
    if form not in (formats.FLV, formats.TS):
        raise Failed(EndKind.UNSUPPORTED, f"{url.scheme}:// brings FLV or MPEG-TS")
    return _open_file(Ending(Headed(head, source, lambda size: None)), form, source)


def _open_http(url: AvUrl, order: Order, link: Link, cut: Cut) -> Opened:
    requests = Requests(
        url, order.addresses, link.ask, cut, seconds=order.silence_seconds, redirects=order.redirects
    )
    body = requests.get(url.full)
    counted = Headed(b"", body, link.count)
    head = read_head(counted, formats.HEAD_BYTES)
    form = formats.recognise(head)
    if form == formats.HLS:
        data = head + read_whole(counted, MAX_BYTES, "a playlist")
        body.close()
        return _open_hls(data, body.url, requests, link, cut)
    if form == formats.MP4 and body.size is not None and body.ranges:
        body.close()
        opened = _open_file(_seekable(requests, body.url, link), form, requests)
    else:
        opened = _open_file(Ending(Headed(head, counted, lambda size: None)), form, body, requests)
    if body.size is not None:
        opened.ahead = FILE_AHEAD_SECONDS
    return opened


def _seekable(requests: Requests, url: str, link: Link) -> Seekable:
    def part(start: int) -> Body:
        return requests.get(url, start)

    return Seekable(part(0), part, link.count)


def _open_hls(data: bytes, url: str, requests: Requests, link: Link, cut: Cut) -> Opened:
    opener = HlsOpener(requests, cut, link.count)
    opener.begin(data, url)
    with _reason_of(opener):
        container = av.open(opener.url, format=formats.HLS, options=HLS_OPTIONS, io_open=opener, **_COMMON)
    ahead = FILE_AHEAD_SECONDS if opener.finished else LIVE_AHEAD_SECONDS
    return Opened(container, formats.HLS, opener, ahead, [requests])


def _open_file(source: Ending, form: str, *kept: Any) -> Opened:
    with _reason_of(source):
        container = av.open(source, format=form, options=FILE_OPTIONS, io_open=_open_nothing, **_COMMON)
    return Opened(container, form, source, kept=list(kept))


def _open_nothing(url: str, flags: int, options: dict[str, str]) -> Readable:
    raise Failed(EndKind.ADDRESS_REFUSED, "a file that leads to another one")


def _open_rtsp(url: AvUrl, order: Order, cut: Cut) -> Opened:
    relay = Relay(order.addresses, url.port, cut)
    user = "" if url.user is None else f"{quote(url.user, safe='')}:{quote(url.password or '', safe='')}@"
    place = f"rtsp://{user}127.0.0.1:{relay.port}{url.path}"
    microseconds = str(int(order.silence_seconds * 1_000_000))
    try:
        with _reason_of(relay):
            container = av.open(place, options=RTSP_OPTIONS | {"timeout": microseconds}, **_COMMON)
    except BaseException:
        relay.close()
        raise
    return Opened(container, "rtsp", relay, kept=[relay])


@contextmanager
def _reason_of(source: Source) -> Iterator[None]:
    """What the source says went wrong, where the library only says that it did."""
    try:
        yield
    except Exception:
        if source.end is not None:
            raise Failed(source.end.kind, source.end.detail) from None
        raise
