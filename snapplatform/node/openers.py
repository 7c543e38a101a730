"""How each kind of source is opened: one row for each scheme. An opener plays into a feed and says, in words
of streams/reasons.py, why it ended."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from django.conf import settings

from snapplatform import rtmp, rtsp
from snapplatform.errors import InvalidValue
from snapplatform.media.pull.client import AvPull
from snapplatform.media.pull.schemes import WAYS, AvUrl
from snapplatform.net import Address, AddressRefused, resolve
from snapplatform.net.ending import EndKind, PullEnd
from snapplatform.node.feed import Feed
from snapplatform.streams import reasons
from snapplatform.streams.sources import Source

GOT_KEYFRAME = ""  # the reason when all that was wanted came
LOOKUP_SECONDS = 5.0
# Of a name with many addresses; the next attempt looks it up again.
ADDRESSES_TRIED = 3

# (source, feed, until_keyframe) -> why it ended. The feed may be closed more than once, one time for each
# address that was tried; cancelling drops the connection at once.
Opener = Callable[[Source, Feed, bool], Awaitable[str]]

_NOT_CONNECTED = (EndKind.UNREACHABLE, EndKind.CONNECT_TIMEOUT)
_WORDS: dict[EndKind, str] = {
    EndKind.KEYFRAME: GOT_KEYFRAME,
    EndKind.ENDED: reasons.ENDED,
    EndKind.REFUSED: reasons.NOT_ALLOWED,
    EndKind.UNSUPPORTED: reasons.UNSUPPORTED,
    EndKind.LOST: reasons.LOST,
    EndKind.SILENCE: reasons.NO_DATA,
    EndKind.NO_VIDEO: reasons.NO_VIDEO,
    EndKind.CONNECT_TIMEOUT: reasons.TIMED_OUT,
    EndKind.UNREACHABLE: reasons.UNREACHABLE,
    EndKind.HOST_NOT_FOUND: reasons.HOST_NOT_FOUND,
    EndKind.ADDRESS_REFUSED: reasons.ADDRESS_REFUSED,
    EndKind.TLS: reasons.TLS,
    EndKind.HANDSHAKE_TIMEOUT: reasons.TIMED_OUT,
    EndKind.ANSWER_TIMEOUT: reasons.TIMED_OUT,
    EndKind.PROTOCOL: reasons.NOT_UNDERSTOOD,
}
# What servers say of a stream that they don't have: RTMP's status codes end so, and RTSP's number.
_ABSENT = ("NotFound", "404")


def openers(
    rtmp_limits: rtmp.ClientLimits | None = None,
    rtsp_limits: rtsp.ClientLimits | None = None,
    av: AvPull | None = None,
) -> Mapping[str, Opener]:
    """The table of one node, by scheme. All pulls of a protocol share its client. `av` is the caller's to
    close; without it what only PyAV reads is not supported."""
    by_rtmp = partial(_open_rtmp, rtmp.PullClient(rtmp_limits))
    by_rtsp = partial(_open_rtsp, rtsp.PullClient(rtsp_limits))
    by_av = dict.fromkeys(WAYS, partial(_open_av, av)) if av is not None else {}
    return {"rtmp": by_rtmp, "rtmps": by_rtmp, "rtsp": by_rtsp, "rtsps": by_rtsp, **by_av}


def av_client() -> AvPull:
    """For openers(). It looks each host up by itself, as a stream may lead to others."""
    return AvPull(resolver=_resolve)


async def open_source(table: Mapping[str, Opener], source: Source, feed: Feed, until_keyframe: bool) -> str:
    """Play until it ends; why it ended, or GOT_KEYFRAME."""
    opener = table.get(source.url.partition("://")[0].lower())
    if opener is None:
        return reasons.NOT_SUPPORTED
    try:
        return await opener(source, feed, until_keyframe)
    except AddressRefused as error:
        return refusal(error)
    except InvalidValue:  # it was read when it was saved: by a version that took more
        return reasons.NOT_SUPPORTED


async def _open_rtmp(client: rtmp.PullClient, source: Source, feed: Feed, until_keyframe: bool) -> str:
    url = rtmp.RtmpUrl.parse(source.url)

    async def play(address: str) -> PullEnd:
        return await client.pull(rtmp.PullTarget(url, address), feed, until_keyframe=until_keyframe)

    return await _at_each_address(url.host, url.port, play)


async def _open_rtsp(client: rtsp.PullClient, source: Source, feed: Feed, until_keyframe: bool) -> str:
    url = rtsp.RtspUrl.parse(source.url)

    async def play(address: str) -> PullEnd:
        return await client.pull(rtsp.PullTarget(url, address), feed, until_keyframe=until_keyframe)

    return await _at_each_address(url.host, url.port, play)


async def _open_av(client: AvPull, source: Source, feed: Feed, until_keyframe: bool) -> str:
    return words(await client.pull(AvUrl.parse(source.url), feed, until_keyframe=until_keyframe))


async def _at_each_address(host: str, port: int, play: Callable[[str], Awaitable[PullEnd]]) -> str:
    """Look the host up once, and play from the first of its addresses that takes a connection."""
    addresses = await _resolve(host, port)
    end = PullEnd(EndKind.UNREACHABLE)
    for address in addresses[:ADDRESSES_TRIED]:
        end = await play(str(address))
        if end.kind not in _NOT_CONNECTED:
            break
    return words(end)


async def _resolve(host: str, port: int) -> list[Address]:
    return await resolve(host, port, allowed=settings.SNAP.allowed_networks, deadline=LOOKUP_SECONDS)


def words(end: PullEnd) -> str:
    """What people are told of how a pull ended."""
    if end.kind is EndKind.REFUSED and any(code in end.detail for code in _ABSENT):
        return reasons.NOT_THERE
    if end.kind is EndKind.UNREACHABLE and end.detail == "Connection refused":
        return reasons.REFUSED
    if end.kind is EndKind.ADDRESS_REFUSED and end.detail:
        return f"{reasons.ADDRESS_REFUSED}: {end.detail}"
    return _WORDS.get(end.kind, reasons.INTERNAL)


def refusal(error: AddressRefused) -> str:
    """The same for a host that we don't connect to; never the address that its name led to."""
    if error.kind:
        return f"{reasons.ADDRESS_REFUSED}: {error.kind}"
    return reasons.HOST_NOT_FOUND
