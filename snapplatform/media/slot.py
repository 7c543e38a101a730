"""One place in the pool: a decoder process, its successors, and the jobs they do one after the other."""

from __future__ import annotations

import asyncio
import logging
import time

from .child import Child, ChildDied
from .counts import PoolStats
from .protocol import ProtocolError
from .restarts import RestartPacer
from .types import DecodeFailed
from .waiting import Job, WaitingLine

logger = logging.getLogger(__name__)


class Slot:
    """Takes jobs from the line while `serve` runs. What goes wrong costs a job and a decoder, no more."""

    def __init__(
        self, number: int, child: Child, line: WaitingLine, stats: PoolStats, pacer: RestartPacer
    ) -> None:
        self.child = child
        self._number = number
        self._line = line
        self._stats = stats
        self._pacer = pacer

    async def serve(self) -> None:
        """Until cancelled."""
        failures = 0
        while True:
            job = await self._next_job()
            healthy = job is not None and await self._serve(job)
            failures = 0 if healthy else failures + 1
            if not healthy:
                logger.warning("decoder %d is replaced, failures in a row: %d", self._number, failures)
                await self._replace(failures)

    async def _next_job(self) -> Job | None:
        """The next job that somebody still waits for, or None when the idle child died."""
        while self.child.alive:
            while job := self._line.take():
                if not job.future.done():
                    return job
                self._line.done(job)
            # Waiting takes nothing from the line, so a cancelled slot cannot lose a job on its way out.
            waits = [asyncio.ensure_future(self._line.changed()), asyncio.ensure_future(self.child.exited())]
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for wait in waits:
                    wait.cancel()
        return None

    async def _serve(self, job: Job) -> bool:
        """Do one job; whether the child can go on."""
        try:
            return await self._answer(job)
        except asyncio.CancelledError:
            job.fail(self._stats.failure("closed", "the decoder pool closed"))
            raise
        except Exception as error:  # a fault of our own must not end the slot with the job
            logger.exception("decoder %d: a picture was lost", self._number)
            job.fail(self._stats.failure("died", str(error)))
            return False
        finally:
            self._line.done(job)

    async def _answer(self, job: Job) -> bool:
        try:
            result = await self.child.take(job.request, job.deadline)
        except DecodeFailed as error:
            job.fail(self._stats.failure(error.reason, error.detail))
        except ProtocolError as error:
            # Our own message was too big to send, so the child knows nothing of it.
            job.fail(self._stats.failure("too large", str(error)))
        except TimeoutError:
            job.fail(self._stats.failure("timeout", f"no picture within {job.deadline:g} s"))
            return False
        except ChildDied as error:
            job.fail(self._stats.failure("died", str(error)))
            return False
        else:
            self._stats.taken += 1
            if not job.future.done():
                job.future.set_result(result)
        return True

    async def _replace(self, failures: int) -> None:
        """Until there is another decoder: a machine without files, memory or processes may get some again."""
        self._stats.ready -= 1
        await self.child.kill()
        while True:
            await asyncio.sleep(self._pacer.delay(failures, time.monotonic()))
            self._stats.restarts += 1
            try:
                self.child = await Child.start()
            except ChildDied as error:
                logger.error("decoder %d did not start: %s", self._number, error)
            except Exception:  # such as RuntimeError, "can't start new thread": the slot must outlive it
                logger.exception("decoder %d did not start", self._number)
            else:
                self._stats.ready += 1
                return
            failures += 1
