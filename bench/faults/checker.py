"""Compares what rows, files and counters say of every picture. It knows nothing of how they were written.

*lost*: a picture that is registered or counted and is not there: a row whose file is missing or has other
bytes, a counted picture or a sequence number without a row, a spooled picture that is never registered.
*doubled*: two rows of a job with one sequence number, object, file, frame of the camera, or tick of the grid.
*wrong*: other faults, such as a tick that was counted and came to neither a picture nor a skip.

Not lost is what a killed process had in its hands before the bytes were whole and noted down: no tick of it
is counted, and a file may be left (`orphans`), which the sweep finds.
"""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from snapplatform import clock
from snapplatform.media.scene import read_frame_number

if TYPE_CHECKING:
    from jobs.models import Job, Snapshot
    from snapplatform.storage.models import StoredObject

TEMPORARY, SIDECAR, ASIDE = ".part", ".json", "aside"
# Rows keep the lag in whole ms, so a tick is known to half a ms, and equal ones differ by one at most. Not
# wider: a first picture has a moment of its own, which may fall close to a tick of the grid.
_SAME_TICK = timedelta(milliseconds=1)


@dataclass(slots=True)
class Findings:
    """Counts over all jobs; `notes` say of the first of each kind which it was."""

    pictures: int = 0
    lost: Counter[str] = field(default_factory=Counter)
    doubled: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    orphans: int = 0
    aside: int = 0
    temporary: int = 0
    frames: dict[Any, list[tuple[int, int]]] = field(default_factory=dict)  # job -> (sequence, frame number)
    notes: list[str] = field(default_factory=list)

    def note(self, counts: Counter[str], kind: str, what: object, number: int = 1) -> None:
        if not counts[kind] and len(self.notes) < 20:
            self.notes.append(f"{kind}: {what}")
        counts[kind] += number

    def details(self) -> dict[str, Any]:
        return {
            "pictures": self.pictures,
            "lost": self.lost.total(),
            "doubled": self.doubled.total(),
            "orphans": self.orphans,
            "aside": self.aside,
            **({"kinds": dict(self.lost + self.doubled + self.wrong)} if self.broken else {}),
        }

    @property
    def broken(self) -> list[str]:
        """A sentence for each kind of fault."""
        named = (("lost", self.lost), ("doubled", self.doubled), ("wrong", self.wrong))
        return [f"{word}: {count} x {kind}" for word, counts in named for kind, count in counts.items()]


def check(root: Path) -> Findings:
    """`root`: the folder of the one bucket. Call it when all writers have stopped, in good order at last."""
    from django.conf import settings

    from jobs.models import Job

    found = Findings()
    for job in Job.objects.select_related("template"):
        _check_job(job, root, found)
    _check_files(root, found)
    _check_spool(settings.SNAP.data_dir / "spool", found)
    return found


def _check_job(job: Job, root: Path, found: Findings) -> None:
    from jobs.models import Snapshot

    rows = list(Snapshot.objects.filter(job=job).select_related("object").order_by("sequence"))
    sequence = [row for row in rows if not row.is_overlay]
    numbers = {row.pk: _check_bytes(row.object, root, found) for row in rows}
    found.pictures += len(sequence)
    found.frames[job.pk] = [
        (row.sequence, number) for row in sequence if (number := numbers[row.pk]) is not None
    ]
    _no_double(found, "sequence number", (row.sequence for row in sequence))
    _no_double(found, "object", (row.object_id for row in sequence))
    _no_double(found, "file", (row.object.blob for row in rows))
    _no_double(found, "frame", (number for _, number in found.frames[job.pk]))
    _check_ticks(sequence, found)
    if holes := set(range(1, job.sequence + 1)) - {row.sequence for row in sequence}:
        found.note(found.lost, "sequence number without a row", f"{job}: {sorted(holes)[:5]}", len(holes))
    if beyond := [row for row in sequence if row.sequence > job.sequence]:
        found.note(found.wrong, "sequence number beyond the job's", job, len(beyond))
    if job.captured > len(sequence):
        found.note(found.lost, "counted, but no row", job, job.captured - len(sequence))
    elif job.captured < len(sequence):
        found.note(found.wrong, "row that is not counted", job, len(sequence) - job.captured)
    skips = sum(job.skips.values_list("count", flat=True))
    if skips != job.skipped:
        found.note(found.wrong, "skips without a reason", f"{job}: {job.skipped} and {skips}")
    if nothing := job.expected - job.captured - job.skipped:
        found.note(found.wrong, "tick with neither picture nor skip, or the other way", job, abs(nothing))


def _check_bytes(stored: StoredObject, root: Path, found: Findings) -> int | None:
    """The frame number that the file shows."""
    try:
        data = (root / stored.blob).read_bytes()
    except FileNotFoundError:
        found.note(found.lost, "row without its file", stored.key)
        return None
    if len(data) != stored.size or hashlib.sha256(data).hexdigest() != stored.sha256:
        found.note(found.lost, "file with other bytes than its row says", stored.key)
        return None
    number = frame_number(data)
    if number is None:
        found.note(found.wrong, "picture without a readable number", stored.key)
    return number


def frame_number(data: bytes) -> int | None:
    """The number that the picture in a file shows."""
    with Image.open(io.BytesIO(data)) as image:
        return read_frame_number(image)


def _check_ticks(sequence: list[Snapshot], found: Findings) -> None:
    rows = sorted(sequence, key=_tick)
    for before, after in pairwise(rows):
        if _tick(after) - _tick(before) <= _SAME_TICK:
            found.note(found.doubled, "tick", f"{_about(before)}; {_about(after)}")


def _tick(row: Snapshot) -> datetime:
    return row.stored_at - timedelta(milliseconds=row.lag_ms)


def _about(row: Snapshot) -> str:
    return (
        f"{row.sequence} of {row.job_id}: frame {row.frame_at}, stored {row.stored_at}, lag {row.lag_ms} ms"
    )


def _no_double(found: Findings, what: str, values: Iterable[Hashable]) -> None:
    for value, count in Counter(values).items():
        if count > 1:
            found.note(found.doubled, what, value, count - 1)


def _check_files(root: Path, found: Findings) -> None:
    """Files that neither ledger nor garbage names; `check_storage` must find the same."""
    from snapplatform.storage.checking import GRACE, Options, check_storage
    from snapplatform.storage.findings import Kind
    from snapplatform.storage.models import Bucket, Garbage, StoredObject

    known = {
        *StoredObject.objects.values_list("blob", flat=True),
        *Garbage.objects.values_list("blob", flat=True),
    }
    files = [path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()]
    found.temporary = sum(name.endswith(TEMPORARY) for name in files)
    found.orphans = len(set(files) - known) - found.temporary
    with clock.hold(clock.now() + 2 * GRACE):  # it leaves alone what is young
        [report] = check_storage([Bucket.objects.get()], Options(hashes=True))
    if report.found[Kind.ORPHANED] != found.orphans or report.trouble:
        seen = report.trouble or f"{report.found[Kind.ORPHANED]} orphans, not {found.orphans}"
        found.note(found.wrong, "check_storage sees something else", seen)
    for kind in (Kind.MISSING, Kind.WRONG_SIZE, Kind.WRONG_HASH, Kind.UNREADABLE):
        if report.found[kind]:
            found.note(found.wrong, f"check_storage: {kind.value}", report.examples[kind], report.found[kind])


def _check_spool(spool: Path, found: Findings) -> None:
    """What waited must be registered by now, or refused: then it is set aside, and counted as a skip."""
    from snapplatform.storage.journal import read
    from snapplatform.storage.spool_folder import JOURNAL

    found.aside = len(list((spool / ASIDE).glob(f"*{SIDECAR}")))
    noted = [item for path in spool.rglob(JOURNAL) for item in read(path)]
    if left := waiting(spool) + noted:
        found.note(found.lost, "spooled, and never registered", left[:2], len(left))


def waiting(spool: Path) -> list[object]:
    """The sidecars of the pictures that wait in the spool."""
    return [path for path in spool.rglob(f"*{SIDECAR}") if path.parent.name != ASIDE]
