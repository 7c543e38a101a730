"""What a connection does: nothing, asks the directory, publishes, or plays.

    "" --publish--> "asking" --> "publishing" --release--> ""
       --play-----> "asking" --> "playing"    --release--> ""

While the directory is asked, reading is paused, so that what a hasty publisher sends waits in the socket.
"""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Protocol

from snapplatform.rtmp import messages
from snapplatform.rtmp.interface import Directory, Refused, Sink, StreamAddress, Subscription
from snapplatform.rtmp.limits import Limits
from snapplatform.rtmp.media_session import Link
from snapplatform.rtmp.media_time import MediaTime
from snapplatform.rtmp.player import StreamPlayer
from snapplatform.rtmp.stats import ServerStats

log = logging.getLogger("snapplatform.rtmp")


class Wire(Link, Protocol):
    """The connection, as the server's session sees it."""

    @property
    def peer(self) -> str: ...

    def pause(self) -> None:
        """Stop reading and parsing; what came already is kept."""

    def resume(self) -> None: ...

    def admit_media(self) -> None:
        """Allow messages of media size from now on."""

    def stop(self, reason: str) -> None:
        """Drop the connection now."""

    def refuse(self, reason: str) -> None:
        """Drop the connection when the peer has read what was written."""


class Role:
    """At most one publication or one player, begun, fed and ended."""

    def __init__(self, wire: Wire, directory: Directory, limits: Limits, stats: ServerStats) -> None:
        self.state = ""
        self.name = ""  # app/name of the newest publish or play, for the log
        self.player: StreamPlayer | None = None
        self.sink: Sink | None = None
        self.time = MediaTime()
        self.task: asyncio.Task[None] | None = None  # asks the directory
        self._wire = wire
        self._directory = directory
        self._limits = limits
        self._stats = stats
        self._subscription: Subscription | None = None
        self._closed: str | None = None  # the reason

    def publish(self, address: StreamAddress, stream_id: int) -> None:
        """Ask the directory for a sink and answer the peer."""
        self._ask(address, stream_id, self._publish(address, stream_id), "NetStream.Publish.Failed")

    def play(self, address: StreamAddress, stream_id: int) -> None:
        """Ask the directory for a subscription and answer the peer."""
        self._ask(address, stream_id, self._play(address, stream_id), "NetStream.Play.Failed")

    def refuse(self, stream_id: int, code: str, description: str) -> None:
        """Tell the peer no, and part."""
        self._stats.refused += 1
        self._wire.write(messages.status(code, description, stream_id=stream_id, level="error"))
        self._wire.refuse(f"refused: {code}")

    def release(self, reason: str) -> None:
        """End the publication or the playing, if there is one."""
        sink, self.sink = self.sink, None
        subscription, self._subscription = self._subscription, None
        player, self.player = self.player, None
        if self.state != "asking":
            self.state = ""
        if player is not None:
            player.close()
        if sink is not None:
            self._stats.publishers -= 1
            sink.close(reason)
        if subscription is not None:
            self._stats.players -= 1
            subscription.close()

    def close(self, reason: str) -> None:
        """The connection is gone: end everything, also what the directory has still to answer."""
        if self._closed is None:
            self._closed = reason
            self.release(reason)

    def _ask(
        self, address: StreamAddress, stream_id: int, question: Coroutine[None, None, None], failed: str
    ) -> None:
        self.state = "asking"
        self.name = f"{address.app}/{address.name}"
        self._wire.pause()
        self.task = asyncio.get_running_loop().create_task(self._answer(stream_id, question, failed))

    async def _answer(self, stream_id: int, question: Coroutine[None, None, None], failed: str) -> None:
        """Not cancelled when the peer goes: the directory answers, and gets back at once what it gave."""
        try:
            async with asyncio.timeout(self._limits.answer_seconds):
                await question
        except Refused as refused:
            self.refuse(stream_id, refused.code, refused.description)
        except TimeoutError:
            self.refuse(stream_id, failed, "The server is too busy; try again.")
        except Exception:
            log.exception("rtmp directory failed for %s", self.name)
            self.refuse(stream_id, failed, "The server failed; see its log.")
        finally:
            self.task = None
            if self.state == "asking":
                self.state = ""
            self._wire.resume()

    async def _publish(self, address: StreamAddress, stream_id: int) -> None:
        sink = await self._directory.publish(address, self._wire.stop)
        if self._closed is not None:
            sink.close(self._closed)
            return
        self._stats.publishers += 1
        self.sink = sink
        self.state = "publishing"
        self.time = MediaTime()
        self._wire.admit_media()
        self._wire.write(messages.user_control(messages.STREAM_BEGIN, stream_id))
        self._wire.write(
            messages.status("NetStream.Publish.Start", f"Publishing {address.name}.", stream_id=stream_id)
        )

    async def _play(self, address: StreamAddress, stream_id: int) -> None:
        player = StreamPlayer(self._wire, stream_id, self._limits.player_buffer_bytes, address.name)
        self.player = player  # so that close() silences it also before the directory has answered
        try:
            subscription = await self._directory.play(address, player)
        except BaseException:
            self.player = None
            player.close()
            raise
        if self._closed is not None:
            subscription.close()
            return
        self._stats.players += 1
        self._subscription = subscription
        self.state = "playing"
        player.begin()
