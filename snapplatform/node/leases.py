"""Which pulled streams this node holds: it takes its share of those that are wanted, and lets others go."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError

from snapplatform import clock
from snapplatform.node import claiming, metrics
from snapplatform.node.claiming import CLAIMED_AT_ONCE, Claiming, Sight, Words
from snapplatform.node.lease import Lease
from snapplatform.node.openers import Opener, av_client, openers
from snapplatform.node.puller import Pull
from snapplatform.node.threads import DatabaseThread
from snapplatform.streams import pulls, reasons
from snapplatform.streams.hub import Hub
from snapplatform.streams.live import Held
from snapplatform.streams.livestream import LiveStream
from snapplatform.streams.pulls import Claim

log = logging.getLogger("snapplatform.node")

TURN_SECONDS = 0.5
SOON_SECONDS = 0.1  # until the next turn when there is more to take, or something to say
LINGER_SECONDS = 5.0  # a stream that nobody wants any more is held for a while, as readers come back
PLAYER_SECONDS = 8.0  # how long a player waits for its stream; the server gives it ten
RELEASE_SECONDS = 1.0


class Leases:
    """Runs as one task. Everything is on the loop but the questions to the database."""

    def __init__(
        self,
        node_id: UUID,
        hub: Hub,
        database: DatabaseThread,
        lease: Lease,
        *,
        on_live: Callable[[], None],
        table: Mapping[str, Opener] | None = None,
    ) -> None:
        self._node_id = node_id
        self._hub = hub
        self._database = database
        self._lease = lease
        self._on_live = on_live
        self.av = av_client()
        self._table = table if table is not None else openers(av=self.av)
        self._claiming = Claiming(node_id)
        self._pulls: dict[UUID, Pull] = {}
        self._said: dict[Held, Words] = {}  # what the rows say
        self._left: dict[Held, str] = {}  # let go, but their rows don't say so yet
        self._ending: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._draining = False
        lease.on_lapse(self.suspend)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            soon = False
            try:
                soon = await self._turn()
            except DatabaseError as error:  # what is held goes on until the lease ends
                log.warning("pulled streams could not be looked at: %s", str(error).strip())
            await asyncio.sleep(SOON_SECONDS)
            if not soon:
                try:
                    async with asyncio.timeout(TURN_SECONDS - SOON_SECONDS):
                        await self._wake.wait()
                except TimeoutError:
                    pass
            self._wake.clear()

    async def find(self, account_id: int, name: str) -> LiveStream | None:
        """The stream for a player, with pictures coming; a pulled one is opened if nobody holds it."""
        stream = self._hub.find(account_id, name)
        if stream is None and self._lease.holds and not self._draining:
            claim = await self._database.run(
                pulls.claim_one, node_id=self._node_id, account_id=account_id, name=name
            )
            if claim is not None:
                self._begin(claim)
            stream = self._hub.find(account_id, name)  # another player may have been first
        pull = self._pulls.get(stream.held.stream_id) if stream is not None else None
        if pull is None:
            return stream
        self._wake.set()
        return stream if await pull.flowing(PLAYER_SECONDS) else None

    def drain(self, active: bool) -> None:
        """The node is to give everything away, or may take streams again."""
        self._draining = active
        self._wake.set()

    def suspend(self) -> None:
        """The lease is over: sources may be somebody else's from now on. Ours again if a beat gets through
        before anybody took them."""
        for pull in self._pulls.values():
            self._end(pull, reasons.CUT_OFF)

    def close(self) -> None:
        """The node stops: drop all connections. Their rows follow in release(), when the pictures that are on
        their way are written."""
        for pull in list(self._pulls.values()):
            self._drop(pull, reasons.NODE_STOPS)

    async def release(self) -> None:
        """Let others take what was ours."""
        async with asyncio.timeout(RELEASE_SECONDS):
            await asyncio.gather(*self._ending, return_exceptions=True)
            await self.av.close()
            await self._database.run(claiming.leave, list(self._left), reasons.NODE_STOPS)

    # Inside.

    async def _turn(self) -> bool:
        """Whether the next one should come soon."""
        known = set(self._pulls)
        words = {pull.stream.held: (pull.state, pull.reason) for pull in self._pulls.values()}
        news = {
            held: (self._said.get(held), now) for held, now in words.items() if self._said.get(held) != now
        }
        left = dict(self._left)
        claim = self._lease.holds and not self._draining
        sight = await self._database.run(self._claiming.turn, news, left, may_claim=claim)
        self._said = {held: words[held] for held in words if held.stream_id in known}
        for held in left:
            del self._left[held]
        self._follow(sight, known)
        metrics.PULLS.set(len(self._pulls))
        return sight.took == CLAIMED_AT_ONCE

    def _follow(self, sight: Sight, known: set[UUID]) -> None:
        """Do what the rows say. A row that says we hold what we don't know of is a claim whose answer was
        lost; one that we let go meanwhile is not."""
        left = {_tenure(held) for held in self._left}
        claims = {claim.held.stream_id: claim for claim in sight.claims if _tenure(claim.held) not in left}
        for held in sight.disabled:
            self._left[held] = "the account is disabled"
        for stream_id in known:
            pull, claim = self._pulls.get(stream_id), claims.get(stream_id)
            if pull is not None and (claim is None or _tenure(claim.held) != _tenure(pull.stream.held)):
                self._drop(pull, "taken over", ours=False)
        for claim in claims.values():
            pull = self._pulls.get(claim.held.stream_id) or self._begin(claim)
            self._look_after(pull, claim, sight.between.get(claim.held.stream_id))

    def _look_after(self, pull: Pull, claim: Claim, between: float | None) -> None:
        now = clock.monotonic()
        if between is not None or pull.readers:
            pull.idle_since = None
        elif pull.idle_since is None:
            pull.idle_since = now
        if self._draining:
            self._drop(pull, reasons.NODE_DRAINS)
        elif pull.idle_since is not None and now - pull.idle_since >= LINGER_SECONDS:
            self._drop(pull, reasons.NOT_WANTED)
        elif self._lease.holds:
            pull.consider(claim, between)
            pull.start()

    def _begin(self, claim: Claim) -> Pull:
        held = claim.held
        stream = LiveStream(held, ring_bytes=settings.SNAP.ring_bytes, on_close=self._on_close)
        pull = self._pulls[held.stream_id] = Pull(claim, stream, self._table, on_change=self._wake.set)
        self._hub.add(stream)
        self._said[held] = (pull.state, pull.reason)
        log.info("stream %s is pulled here, epoch %d", held.name, held.epoch)
        if self._lease.holds:
            pull.start()
        self._on_live()
        return pull

    def _drop(self, pull: Pull, reason: str, *, ours: bool = True) -> None:
        """Let go of a stream; with `ours` its row is to say so."""
        del self._pulls[pull.stream.held.stream_id]
        self._end(pull, reason)
        pull.stream.close(reason)
        if ours:
            self._left[pull.stream.held] = reason

    def _end(self, pull: Pull, reason: str) -> None:
        if (task := pull.stop(reason)) is not None:
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)

    def _on_close(self, stream: LiveStream, reason: str) -> None:
        self._hub.remove(stream)
        log.info("stream %s is let go: %s", stream.held.name, reason)
        self._on_live()


def _tenure(held: Held) -> tuple[UUID, int]:
    """Which stream is held, and which time; whatever else its row says may change meanwhile."""
    return held.stream_id, held.epoch
