"""A capture: one picture on its way to the ledger, and the counts of ticks that gave none."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from snapplatform.storage.store import Blob

STREAM_OFFLINE = "stream offline"

JobRun = tuple[UUID, int]


@dataclass(frozen=True, slots=True)
class Capture:
    """One picture whose bytes are safe on disk, as `sequence` and/or `overwrite` blob, to be published.

    In the spool the blobs have no name yet. `epoch` and `order` tell which of a job's pictures came first:
    one process holds an epoch of a stream, and its clock only rises.
    """

    job_id: UUID
    stream_id: UUID
    bucket_id: UUID
    run: int
    epoch: int  # of the stream when the frame was taken
    order: int  # when the picture was begun, microseconds on the holder's monotonic clock
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

    def placed(self, blobs: Sequence[Blob]) -> "Capture":
        """A copy that names these blobs, one for each it has."""
        return replace(
            self,
            sequence=blobs[0] if self.sequence else None,
            overwrite=blobs[-1] if self.overwrite else None,
        )


@dataclass(slots=True)
class Counts:
    """Ticks of a job that gave no picture, since the counts were last written. One that gave a picture is
    counted in the transaction that publishes it: whenever a process dies, ticks and their outcomes agree."""

    skipped: dict[str, int] = field(default_factory=dict)

    def skip(self, reason: str) -> None:
        self.skipped[reason] = self.skipped.get(reason, 0) + 1

    def plus(self, reason: str) -> "Counts":
        """A copy with one more skip: these may have to be written again, after a database that went away."""
        more = Counts(dict(self.skipped))
        more.skip(reason)
        return more

    @property
    def skips(self) -> int:
        return sum(self.skipped.values())
