"""How each kind of source is opened: one row for each scheme. An opener plays into a sink and says, in words
of streams/reasons.py, why it ended."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from django.conf import settings

from snapplatform.errors import InvalidValue
from snapplatform.net import AddressRefused, resolve
from snapplatform.net.ending import EndKind, PullEnd
from snapplatform.rtmp import ClientLimits, PullClient, PullTarget, RtmpUrl, Sink
from snapplatform.streams import reasons
from snapplatform.streams.sources import Source

GOT_KEYFRAME = ""  # the reason when all that was wanted came
LOOKUP_SECONDS = 5.0
# Of a name with many addresses; the next attempt looks it up again.
ADDRESSES_TRIED = 3

# (source, sink, until_keyframe) -> why it ended. The sink may be closed more than once, one time for each
# address that was tried; cancelling drops the connection at once.
Opener = Callable[[Source, Sink, bool], Awaitable[str]]

_NOT_CONNECTED = (EndKind.UNREACHABLE, EndKind.CONNECT_TIMEOUT)
_WORDS: dict[EndKind, str] = {
    EndKind.KEYFRAME: GOT_KEYFRAME,
    EndKind.ENDED: reasons.ENDED,
    EndKind.REFUSED: reasons.NOT_ALLOWED,
    EndKind.LOST: reasons.LOST,
    EndKind.SILENCE: reasons.NO_DATA,
    EndKind.NO_VIDEO: reasons.NO_VIDEO,
    EndKind.CONNECT_TIMEOUT: reasons.TIMED_OUT,
    EndKind.UNREACHABLE: reasons.UNREACHABLE,
    EndKind.TLS: reasons.TLS,
    EndKind.HANDSHAKE_TIMEOUT: reasons.TIMED_OUT,
    EndKind.ANSWER_TIMEOUT: reasons.TIMED_OUT,
    EndKind.PROTOCOL: reasons.NOT_UNDERSTOOD,
}


def openers(rtmp_limits: ClientLimits | None = None) -> Mapping[str, Opener]:
    """The table of one node, by scheme. All pulls of a protocol share its client."""
    rtmp = partial(_open_rtmp, PullClient(rtmp_limits))
    return {"rtmp": rtmp, "rtmps": rtmp}


async def open_source(table: Mapping[str, Opener], source: Source, sink: Sink, until_keyframe: bool) -> str:
    """Play until it ends; why it ended, or GOT_KEYFRAME."""
    opener = table.get(source.url.partition("://")[0].lower())
    if opener is None:
        return reasons.NOT_SUPPORTED
    try:
        return await opener(source, sink, until_keyframe)
    except AddressRefused as error:
        return refusal(error)
    except InvalidValue:  # it was read when it was saved: by a version that took more
        return reasons.NOT_SUPPORTED


async def _open_rtmp(client: PullClient, source: Source, sink: Sink, until_keyframe: bool) -> str:
    url = RtmpUrl.parse(source.url)
    allowed = settings.SNAP.allowed_networks
    addresses = await resolve(url.host, url.port, allowed=allowed, deadline=LOOKUP_SECONDS)
    end = PullEnd(EndKind.UNREACHABLE)
    for address in addresses[:ADDRESSES_TRIED]:
        end = await client.pull(PullTarget(url, str(address)), sink, until_keyframe=until_keyframe)
        if end.kind not in _NOT_CONNECTED:
            break
    return words(end)


def words(end: PullEnd) -> str:
    """What people are told of how a pull ended."""
    if end.kind is EndKind.REFUSED and end.detail.endswith("NotFound"):
        return reasons.NOT_THERE
    if end.kind is EndKind.UNREACHABLE and end.detail == "Connection refused":
        return reasons.REFUSED
    return _WORDS.get(end.kind, reasons.INTERNAL)


def refusal(error: AddressRefused) -> str:
    """The same for a host that we don't connect to; never the address that its name led to."""
    if error.kind:
        return f"{reasons.ADDRESS_REFUSED}: {error.kind}"
    return reasons.HOST_NOT_FOUND
