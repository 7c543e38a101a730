"""A capture: one picture on its way to the ledger, and the counts of ticks that gave none."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from snapplatform.storage.store import Blob

STREAM_OFFLINE = "stream offline"

JobRun = tuple[UUID, int]


@dataclass(frozen=True, slots=True)
class Capture:
    """One picture whose bytes are safe on disk, as `sequence` and/or `overwrite` blob, to be published."""

    job_id: UUID
    stream_id: UUID
    bucket_id: UUID
    run: int
    epoch: int  # of the stream when the frame was taken
    sequence: Blob | None
    overwrite: Blob | None
    image_format: str
    width: int
    height: int
    luma: int
    flags: frozenset[str]
    frame_at: datetime
    media_time_ms: int
    clock_offset_ms: int
    tick_at: datetime
    stored_at: datetime
    late: bool

    @property
    def blobs(self) -> list[Blob]:
        return [blob for blob in (self.sequence, self.overwrite) if blob is not None]


@dataclass(slots=True)
class Counts:
    """What happened to a job's ticks since the counts were last written."""

    expected: int = 0
    skipped: dict[str, int] = field(default_factory=dict)

    def skip(self, reason: str) -> None:
        self.skipped[reason] = self.skipped.get(reason, 0) + 1

    def plus(self, reason: str) -> "Counts":
        """A copy with one more skip: these may have to be written again, after a database that went away."""
        more = Counts(self.expected, dict(self.skipped))
        more.skip(reason)
        return more

    @property
    def skips(self) -> int:
        return sum(self.skipped.values())
