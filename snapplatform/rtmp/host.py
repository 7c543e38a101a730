"""What a connection needs from its server."""

import asyncio
from typing import TYPE_CHECKING, Protocol

from snapplatform.rtmp.interface import Directory
from snapplatform.rtmp.limits import Limits
from snapplatform.rtmp.stats import ServerStats

if TYPE_CHECKING:
    from snapplatform.rtmp.connection import Connection

HEADROOM = 32  # before the received bytes, for the start of a chunk header that came with the last ones


class Host(Protocol):
    """The server, as its connections see it."""

    directory: Directory
    limits: Limits
    stats: ServerStats
    loop: asyncio.AbstractEventLoop
    buffer: bytearray  # HEADROOM and what one read brings; shared, for a read is parsed before the next one

    def enter(self, connection: "Connection") -> str:
        """Why it may not stay, or ""."""
        ...

    def leave(self, connection: "Connection") -> None: ...
