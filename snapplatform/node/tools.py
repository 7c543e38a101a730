"""What the runners of a node work with, as they see it."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from jobs.capture import Capture, Counts
from jobs.spec import JobSpec
from snapplatform.node.desk import PictureDesk
from snapplatform.node.starts import Starts
from snapplatform.storage.store import Blob


class Outlet(Protocol):
    """Where counts go: the writer."""

    offset_ms: int

    def counts(self, job_id: UUID, run: int) -> Counts: ...


class Keeping(Protocol):
    """Where pictures go: the keeper."""

    def full(self, spec: JobSpec) -> bool: ...

    async def keep(
        self,
        spec: JobSpec,
        data: bytes,
        describe: Callable[[Sequence[Blob]], Capture],
        before: "asyncio.Task[None] | None",
    ) -> Capture: ...


@dataclass(slots=True)
class Tools:
    """What every runner of a node works with."""

    desk: PictureDesk
    keeper: Keeping
    outlet: Outlet
    starts: Starts
