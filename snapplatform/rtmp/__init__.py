"""RTMP ingest and playback in pure asyncio. The hub of streams implements `Directory`; see interface.py."""

from snapplatform.rtmp.errors import ProtocolError
from snapplatform.rtmp.interface import Directory, Player, Refused, Sink, StreamAddress, Subscription
from snapplatform.rtmp.limits import Limits
from snapplatform.rtmp.messages import decode_metadata
from snapplatform.rtmp.server import RtmpServer
from snapplatform.rtmp.stats import ServerStats

__all__ = [
    "Directory",
    "Limits",
    "Player",
    "ProtocolError",
    "Refused",
    "RtmpServer",
    "ServerStats",
    "Sink",
    "StreamAddress",
    "Subscription",
    "decode_metadata",
]
