"""RTSP in pure asyncio: a client that pulls H.264 and HEVC over TCP. Sinks implement interface.py."""

from snapplatform.net.ending import EndKind, PullEnd
from snapplatform.rtsp.client import PullClient
from snapplatform.rtsp.errors import ProtocolError, Unsupported
from snapplatform.rtsp.interface import AudioSink, Sink
from snapplatform.rtsp.limits import ClientLimits
from snapplatform.rtsp.stats import ClientStats
from snapplatform.rtsp.url import PullTarget, RtspUrl

__all__ = [
    "AudioSink",
    "ClientLimits",
    "ClientStats",
    "EndKind",
    "ProtocolError",
    "PullClient",
    "PullEnd",
    "PullTarget",
    "RtspUrl",
    "Sink",
    "Unsupported",
]
