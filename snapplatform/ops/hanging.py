"""Whether a capture process hangs: it lives, but the beat of its node stands still."""

import asyncio
import logging
import socket
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from functools import partial
from typing import TypeVar
from uuid import UUID

from django.db import DatabaseError, InterfaceError, OperationalError

from snapplatform import clock
from snapplatform.cluster import nodes
from snapplatform.cluster.models import Node
from snapplatform.cluster.watch import BeatWatch
from snapplatform.ops.deaths import LOGGER
from snapplatform.ops.reach import visit_database
from snapplatform.ops.supervisor import Child, Supervisor

log = logging.getLogger(LOGGER)

# Three times what makes others take the node's streams: a process that only waits for its database gets by.
HANGS_AFTER = 30.0
# While nobody can write, nobody can beat; but it may be the hanging process itself that holds SQLite's lock.
HANGS_AFTER_LOCKED = 2 * HANGS_AFTER
LOOK_SECONDS = 5.0
# The process that makes the row reads the same clock as we do, only later; but a clock may be set.
_CLOCK_SLACK_MS = 1000
# Short: a look that waits for a lock is a look that does not see the others.
_LOCK_MS = 1000
T = TypeVar("T")


class HangWatch:
    """Kills children whose beat stood still for HANGS_AFTER seconds, as long as the database can be asked."""

    def __init__(self) -> None:
        self._watch = BeatWatch(HANGS_AFTER)
        self._locked_watch = BeatWatch(HANGS_AFTER_LOCKED)

    async def run(self, supervisor: Supervisor) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self._look(supervisor)
            except (DatabaseError, InterfaceError):
                pass  # nobody can beat now, and the others say that the database is away
            except Exception:
                log.exception("can't see whether a capture hangs")

    async def _look(self, supervisor: Supervisor) -> None:
        children = {child.process.pid: child for child in supervisor.beating}
        for pid in await _in_own_thread(partial(self._ask, children)):
            supervisor.kill(children[pid], f"had not beaten for {HANGS_AFTER:.0f} s, was killed")

    def _ask(self, children: Mapping[int, Child]) -> list[int]:
        with visit_database(lock_ms=_LOCK_MS):
            return self.hanging({pid: child.born_ms for pid, child in children.items()})

    def hanging(self, born_ms: Mapping[int, int]) -> list[int]:
        """Those of the processes (pid: since when) that hang.

        A node's row is closed before its process is killed, so that one that beats in between is left alone.
        Where that fails, the process gets HANGS_AFTER_LOCKED.
        """
        rows, now = _rows(born_ms), clock.monotonic()
        beats = {row.pk: row.beat for row in rows.values()}
        lapsed, given_up = self._watch.lapsed(beats, now), self._locked_watch.lapsed(beats, now)
        return [pid for pid, row in rows.items() if row.pk in given_up or (row.pk in lapsed and _closed(row))]


def _rows(born_ms: Mapping[int, int]) -> dict[int, Node]:
    """The node of each process, without those of earlier processes that had its pid."""
    mine = Node.objects.filter(host=socket.gethostname(), pid__in=list(born_ms)).order_by("pk")
    return {row.pid: row for row in mine if _made_ms(row.pk) >= born_ms[row.pid] - _CLOCK_SLACK_MS}


def _made_ms(node_id: UUID) -> int:
    return node_id.int >> 80


def _closed(row: Node) -> bool:
    try:
        return row.stopped_at is not None or nodes.bury(row.pk, row.beat, reason="its process hangs")
    except OperationalError:  # locked
        return False


async def _in_own_thread(call: Callable[[], T]) -> T:
    """Not asyncio.to_thread(): a database that does not answer would hold up the end of the process."""
    answer: Future[T] = Future()
    answer.set_running_or_notify_cancel()  # so that a cancelled wait leaves it alone

    def work() -> None:
        try:
            answer.set_result(call())
        except Exception as error:
            answer.set_exception(error)

    threading.Thread(target=work, name="hang watch", daemon=True).start()
    return await asyncio.wrap_future(answer)
