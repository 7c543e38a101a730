"""The RTSP client: plays streams of cameras and servers into sinks."""

import logging
import ssl

from snapplatform.net.dialling import KEYFRAME_WINDOW, Place
from snapplatform.net.ending import PullEnd
from snapplatform.net.pulls import Pulls
from snapplatform.rtsp.connection import PullConnection
from snapplatform.rtsp.interface import AudioSink, Sink
from snapplatform.rtsp.limits import ClientLimits
from snapplatform.rtsp.reading import HEADROOM
from snapplatform.rtsp.stats import ClientStats
from snapplatform.rtsp.url import PullTarget

READ_BYTES = 64 * 1024  # the worst that fits takes a tenth of a second, and then others have their turn

log = logging.getLogger("snapplatform.rtsp")


class PullClient:
    """Use from one event loop. All its pulls share one receive buffer and one timer, so a pull costs little.

    `tls` is for rtsps; without it the system's authorities are asked. Either way the host name is checked.
    """

    def __init__(self, limits: ClientLimits | None = None, tls: ssl.SSLContext | None = None) -> None:
        self.limits = limits or ClientLimits()
        self.stats = ClientStats()
        self._buffer = bytearray(HEADROOM + READ_BYTES)
        self._pulls = Pulls(
            self.stats,
            connect_seconds=self.limits.connect_seconds,
            tick_seconds=self.limits.tick_seconds,
            tls=tls,
        )

    async def pull(
        self,
        target: PullTarget,
        sink: Sink,
        *,
        audio: AudioSink | None = None,
        until_keyframe: bool = False,
    ) -> PullEnd:
        """Play until it ends, and say how; nothing is raised but CancelledError. However it ends, the sink's
        on_end() is called once, with the same reason. The sound is asked for only where `audio` is given.
        With `until_keyframe` it leaves after the first keyframe. Cancelling leaves at once."""
        url = target.url
        connection = PullConnection(
            url,
            sink,
            audio,
            limits=self.limits,
            stats=self.stats,
            buffer=self._buffer,
            until_keyframe=until_keyframe,
        )
        window = KEYFRAME_WINDOW if until_keyframe else 0
        place = Place(target.address, url.port, url.host if url.secure else None, window)
        log.info("rtsp pull open url=%s", url.redacted)
        try:
            return await self._pulls.run(connection, place)
        finally:
            end = connection.done.result()
            log.info("rtsp pull closed url=%s reason=%r bytes_in=%d", url.redacted, str(end), end.bytes_in)
