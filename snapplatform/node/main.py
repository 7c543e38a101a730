"""The capture process: starts everything in order, and stops it in the reverse order."""

import asyncio
import contextlib
import errno
import logging
import os
from dataclasses import dataclass
from uuid import UUID

import uvloop
from django.conf import settings
from django.db import DatabaseError

from snapplatform.cluster import nodes
from snapplatform.errors import ForeignHost, NodeBuried
from snapplatform.media.child import ChildDied
from snapplatform.media.pool import DecoderPool
from snapplatform.node.desk import PictureDesk
from snapplatform.node.drain import Drain
from snapplatform.node.ending import STOP_SECONDS, Ending
from snapplatform.node.figures import Figures
from snapplatform.node.heart import Heart
from snapplatform.node.ingest import Ingest
from snapplatform.node.keeping import Keeper
from snapplatform.node.lease import Lease
from snapplatform.node.leases import Leases
from snapplatform.node.replay import Replay
from snapplatform.node.roster import Roster
from snapplatform.node.starts import Starts
from snapplatform.node.threads import DatabaseThread, DiskThreads
from snapplatform.node.tools import Tools
from snapplatform.node.writer import Writer
from snapplatform.node.writing import Stores
from snapplatform.rtmp.limits import Limits
from snapplatform.rtmp.server import RtmpServer
from snapplatform.storage.spool import Spool
from snapplatform.streams import live
from snapplatform.streams.hub import Hub

log = logging.getLogger("snapplatform.node")

# Together STOP_SECONDS. What takes longer is given up: the files are there, and others release the streams.
SERVER_SECONDS = 1.0
CAPTURE_SECONDS = 3.0
WRITER_SECONDS = 2.0
REPLAY_SECONDS = 0.5
SETTLE_SECONDS = 1.0
# Publishers may come this much later when pictures of a dead process wait to be registered.
RETURN_SECONDS = 3.0
_PORT_ERRORS = (errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EACCES)


@dataclass(frozen=True, slots=True)
class Options:
    """What a capture process is told. Port 0 takes a free one."""

    rtmp_host: str
    rtmp_port: int
    decoders: int
    reuse_port: bool = False
    capacity: int = 0
    drain_seconds: float = 30.0


def run_node(options: Options) -> int:
    """Run until SIGTERM or SIGINT. Returns the exit code: EX_OK, EX_CONFIG when a person must mend something
    first, or EX_TEMPFAIL when a new start is the cure."""
    return uvloop.run(_main(options))


async def _main(options: Options) -> int:
    ending = Ending()
    node = CaptureNode(options)
    try:
        await node.start()
    except (OSError, ForeignHost, ChildDied, DatabaseError) as error:
        log.error(_why_not(options, error))
        ending.begin()
        await node.stop()
        return os.EX_CONFIG if _needs_a_person(error) else os.EX_TEMPFAIL
    log.info("taking publishers on rtmp://%s:%d/live/NAME", options.rtmp_host, node.rtmp_port)
    stopping = asyncio.ensure_future(ending.wanted.wait())
    await asyncio.wait((stopping, *node.tasks), return_when=asyncio.FIRST_COMPLETED)
    failed = [task for task in node.tasks if task.done()]
    for task in failed:
        log.error(
            "the node stops: %s", task.exception(), exc_info=None if _expected(task) else task.exception()
        )
    stopping.cancel()
    ending.begin()
    await node.stop()
    return os.EX_TEMPFAIL if failed else os.EX_OK


def _needs_a_person(error: Exception) -> bool:
    """Whether a new start would fail alike. Too few processes or files, or a database away, may pass."""
    return isinstance(error, ForeignHost) or _is_about_the_port(error)


def _is_about_the_port(error: Exception) -> bool:
    return isinstance(error, OSError) and error.errno in _PORT_ERRORS


def _why_not(options: Options, error: Exception) -> str:
    if _is_about_the_port(error) and isinstance(error, OSError):
        where = f"{options.rtmp_host} port {options.rtmp_port}"
        reason = error.strerror or error
        return f"cannot take publishers on {where}: {reason}. Set SNAP_RTMP_PORT to another port."
    return f"the capture node could not start: {error}"


def _expected(task: "asyncio.Task[None]") -> bool:
    return isinstance(task.exception(), NodeBuried)


class CaptureNode:
    """All parts of one capture process. Tests start it in their own loop."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self.hub = Hub()
        self.database = DatabaseThread()
        self.disk = DiskThreads()
        self.pool = DecoderPool(options.decoders)
        self.writer = Writer(self.database, self.disk)
        self.spool = _spool()
        stores = Stores(self.database)
        self.keeper = Keeper(stores, self.writer, self.spool, self.disk)
        self.replay = Replay(self.spool, stores, self.writer)
        self.roster = Roster(
            self.hub,
            Tools(
                PictureDesk(self.pool),
                self.keeper,
                self.writer,
                # One more than can be decoded, so that no decoder waits for a disk.
                Starts(options.decoders + 1),
            ),
            self.database,
        )
        self.lease = Lease()
        self.node_id: UUID | None = None
        self.rtmp_port = 0
        self.drain: Drain | None = None
        self.figures: Figures | None = None
        self.leases: Leases | None = None
        self._ingest: Ingest | None = None
        self._server: RtmpServer | None = None
        self.tasks: list[asyncio.Task[None]] = []  # none of them ends while all is well

    async def start(self) -> None:
        """Raises OSError when the RTMP port can't be had."""
        options = self._options
        self.tasks = [asyncio.create_task(self.writer.run())]
        # Before register() calls the processes dead that took them: their streams' epochs still hold.
        await self.replay.begin(RETURN_SECONDS)
        node = await self.database.run(
            nodes.register,
            rtmp_address=f"{options.rtmp_host}:{options.rtmp_port}",
            capacity=options.capacity,
        )
        self.node_id = node.pk
        await self.database.run(live.release_dead)
        self._ingest = Ingest(node.pk, self.hub, self.database, on_live=self.roster.wake)
        self.leases = Leases(node.pk, self.hub, self.database, self.lease, on_live=self.roster.wake)
        self._ingest.find = self.leases.find
        self._server = RtmpServer(self._ingest, Limits())
        await self._server.start(options.rtmp_host, options.rtmp_port, reuse_port=options.reuse_port)
        self.rtmp_port = self._server.port
        await self.pool.start()
        self.figures = Figures(self.hub, self.pool, self.writer, self.roster, self._server.stats)
        self.figures.add("spool", self.spool.stats)
        self.drain = Drain(self._ingest, self._server, grace=options.drain_seconds)
        self.drain.on_change(self.leases.drain)
        heart = Heart(
            *(node.pk, self.database, self.hub, self.writer, self._ingest),
            *(self.figures, self.drain, self.lease),
        )
        self.tasks += [
            asyncio.create_task(work)
            for work in (self.roster.run(), heart.run(), self.leases.run(), self.replay.run())
        ]

    async def stop(self) -> None:
        """Take no more publishers, finish the pictures in hand, release what the node holds.

        Ends within STOP_SECONDS, whatever hangs.
        """
        log.info("stopping")
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self._stop()
        except TimeoutError:
            log.error("the node did not stop in time: others release what it holds")

    async def _stop(self) -> None:
        self.lease.end()
        if self.drain is not None:
            await self.drain.end()
        if self._server is not None:
            # A connection that doesn't end must not keep the rest from ending.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SERVER_SECONDS):
                    await self._server.close()
        writing, others = self.tasks[:1], self.tasks[1:]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        if self.leases is not None:
            self.leases.close()
        self.replay.end()
        await self.roster.stop(CAPTURE_SECONDS)
        self.writer.stop()
        if writing:
            await asyncio.wait(writing, timeout=WRITER_SECONDS)
            writing[0].cancel()
        await self.replay.stop(REPLAY_SECONDS)
        self.keeper.close()
        await self.disk.run(self.spool.close)
        with contextlib.suppress(Exception):
            if self.leases is not None:
                await self.leases.release()
        await self.pool.close()
        with contextlib.suppress(Exception):
            if self._ingest is not None:
                await asyncio.wait_for(self._ingest.settle(), SETTLE_SECONDS)
            if self.node_id is not None:
                await self.database.run(nodes.leave, self.node_id)
        self.disk.close()
        await self.database.close()


def _spool() -> Spool:
    """The nodes of this machine share its bounds evenly."""
    snap = settings.SNAP
    return Spool(
        snap.data_dir / "spool",
        limit_bytes=snap.spool_bytes // snap.capture_nodes,
        limit_seconds=snap.spool_seconds,
    )


def options_from_settings() -> Options:
    snap = settings.SNAP
    return Options(
        snap.rtmp_host,
        snap.rtmp_port,
        snap.decoders,
        reuse_port=snap.capture_nodes > 1,
        capacity=snap.node_streams,
        drain_seconds=snap.drain_seconds,
    )
