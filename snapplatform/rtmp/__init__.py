"""RTMP in pure asyncio: a server for ingest and playback, and a client that pulls. The hub of streams
implements `Directory`; see interface.py."""

from snapplatform.net.ending import EndKind, PullEnd
from snapplatform.rtmp.client import PullClient
from snapplatform.rtmp.errors import ProtocolError
from snapplatform.rtmp.interface import Directory, Player, Refused, Sink, StreamAddress, Subscription
from snapplatform.rtmp.limits import ClientLimits, Limits
from snapplatform.rtmp.messages import decode_metadata
from snapplatform.rtmp.server import RtmpServer
from snapplatform.rtmp.stats import ClientStats, ServerStats
from snapplatform.rtmp.url import PullTarget, RtmpUrl

__all__ = [
    "ClientLimits",
    "ClientStats",
    "Directory",
    "EndKind",
    "Limits",
    "Player",
    "ProtocolError",
    "PullClient",
    "PullEnd",
    "PullTarget",
    "Refused",
    "RtmpServer",
    "RtmpUrl",
    "ServerStats",
    "Sink",
    "StreamAddress",
    "Subscription",
    "decode_metadata",
]
