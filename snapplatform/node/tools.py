"""What the runners of a node work with, as they see it."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from jobs.capture import Capture, Counts
from snapplatform.node.desk import PictureDesk
from snapplatform.node.starts import Starts
from snapplatform.storage.store import Blob


class Outlet(Protocol):
    """Where pictures and counts go: the writer."""

    offset_ms: int

    def put(self, capture: Capture) -> None: ...

    def counts(self, job_id: UUID, run: int) -> Counts: ...

    @property
    def full(self) -> bool: ...


class Writing(Protocol):
    """Puts bytes into a bucket. Raises StorageUnavailable."""

    async def __call__(self, bucket_id: UUID, data: bytes, image_format: str, copies: int) -> list[Blob]: ...


@dataclass(slots=True)
class Tools:
    """What every runner of a node works with."""

    desk: PictureDesk
    write: Writing
    outlet: Outlet
    starts: Starts
