"""Compares a bucket's ledger rows with its files, shard by shard, and looks twice before it says anything.

Captures and deletions go on meanwhile, so a first look only suspects. The second uses their order: a file
stands before its row is written, and a row turns into a garbage row before its file goes. So a file that is
absent *and then* still named is missing, and one that nobody names *and then* is still there is an orphan.
"""

import heapq
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple
from uuid import UUID

from django.db.models import QuerySet

from snapplatform.errors import BlobNotFound, StorageUnavailable
from snapplatform.ids import NOBODY
from snapplatform.storage.findings import Finding, Kind
from snapplatform.storage.models import Bucket, Garbage, StoredObject
from snapplatform.storage.store import SHARD
from snapplatform.storage.survey import Seen, Survey, Throttle

PAGE = 2000
BATCH = 500


class Row(NamedTuple):
    """The columns of a ledger row that a check needs."""

    blob: str
    pk: UUID
    key: str
    size: int
    sha256: str
    modified_at: datetime

    @property
    def shard(self) -> str:
        return self.blob.rpartition("/")[0]


class Comparison:
    """One bucket compared up to `until`: neither shards, files nor rows that are younger are touched.

    `hashing`: also read every file and compare its SHA-256. `rows` and `files` count what was compared.
    """

    def __init__(
        self, bucket: Bucket, survey: Survey, until: datetime, hashing: Throttle | None = None
    ) -> None:
        self.bucket = bucket
        self.survey = survey
        self.until = until
        self.hashing = hashing
        self.rows = self.files = 0

    def run(self, temporary_until: datetime, since: datetime | None = None) -> Iterator[Finding]:
        """Every finding, confirmed. Raises StorageUnavailable when the folder went away."""
        for shard, rows in self._shards(since):
            found = self.survey.read(shard)
            self.rows += len(rows)
            self.files += len(found.blobs)
            yield from self._compare(shard, rows, found.blobs)
            for name, seen in found.temporary.items():
                if seen.changed < temporary_until.timestamp():
                    yield Finding(Kind.TEMPORARY, f"{shard}/{name}")
            if found.problem and not rows:
                yield Finding(Kind.UNREADABLE, shard, key=found.problem)

    def still_wrong(self, findings: list[Finding], *, lock: bool = False) -> list[Finding]:
        """Those of these findings about rows that are true now. `lock`: keep their rows so until the
        transaction ends, and leave out rows that somebody else is changing."""
        looks = [(finding, self._look(finding)) for finding in findings]
        self.survey.check_mounted()
        rows = StoredObject.objects.filter(pk__in=[finding.row for finding in findings])
        if lock:
            rows = rows.select_for_update(skip_locked=True)  # waiting could be a deadlock with a writer
        still = {(row.pk, row.blob): row for row in _read(rows) if row.modified_at < self.until}
        return [
            finding._replace(kind=kind)
            for finding, kind in looks
            if kind is not None and (finding.row, finding.blob) in still
        ]

    def still_orphaned(self, findings: list[Finding]) -> list[Finding]:
        """Those of these files that have neither row nor garbage row now, and are still there."""
        blobs = [finding.blob for finding in findings]
        named = set[str]()
        for model in (StoredObject, Garbage):  # in this order: rows become garbage, and never the other way
            rows: QuerySet[StoredObject] | QuerySet[Garbage] = model.objects.all()
            named |= set(rows.filter(bucket=self.bucket, blob__in=blobs).values_list("blob", flat=True))
        return [finding for finding in findings if finding.blob not in named and self._is_old(finding.blob)]

    def _shards(self, since: datetime | None) -> Iterator[tuple[str, list[Row]]]:
        """Every shard that the disk or the ledger knows, in order, with its rows."""
        end = f"{self.until:%Y%m%d/%H%M}"
        disk = ((shard, list[Row]()) for shard in self.survey.shards(since=since, until=self.until))
        ledger = ((shard, list(rows)) for shard, rows in groupby(self._ledger(since), lambda row: row.shard))
        old = ((shard, rows) for shard, rows in ledger if shard < end or not SHARD.fullmatch(shard))
        both = heapq.merge(disk, old, key=itemgetter(0))
        for shard, parts in groupby(both, key=itemgetter(0)):
            yield shard, [row for _, rows in parts for row in rows]

    def _ledger(self, since: datetime | None) -> Iterator[Row]:
        """The bucket's rows by blob, a page at a time: a cursor would keep a transaction open for the whole
        check. Well-formed blobs sort alike under every collation: their signs stand at fixed places."""
        blob, pk = f"{since:%Y%m%d/%H%M}" if since else "", NOBODY
        rows = StoredObject.objects.filter(bucket=self.bucket).order_by("blob", "pk")
        while page := _read(rows.filter(blob__gte=blob).exclude(blob=blob, pk__lte=pk)[:PAGE]):
            yield from page
            blob, pk = page[-1].blob, page[-1].pk

    def _compare(self, shard: str, rows: list[Row], files: dict[str, Seen]) -> Iterator[Finding]:
        suspects = []
        for row in rows:
            seen = files.pop(row.blob.rpartition("/")[2], None)
            if row.modified_at < self.until and (kind := self._suspicion(row, seen)):
                suspects.append(Finding(kind, row.blob, row.pk, row.size, row.key))
        orphans = [
            Finding(Kind.ORPHANED, f"{shard}/{name}")
            for name, seen in files.items()
            if seen.changed < self.until.timestamp()
        ]
        for batch in _batches(suspects):
            yield from self.still_wrong(batch)
        for batch in _batches(orphans):
            yield from self.still_orphaned(batch)

    def _suspicion(self, row: Row, seen: Seen | None) -> Kind | None:
        if seen is None:
            return Kind.MISSING
        if seen.size != row.size:
            return Kind.WRONG_SIZE
        return self.read_bytes(row.blob, row.sha256) if self.hashing is not None else None

    def read_bytes(self, blob: str, sha256: str) -> Kind | None:
        """What reading the whole file makes us suspect."""
        try:
            digest = self.survey.digest(blob, self.hashing or Throttle(None))
        except BlobNotFound:
            return Kind.MISSING
        except StorageUnavailable:
            return Kind.UNREADABLE
        return Kind.WRONG_HASH if digest != sha256 else None

    def _look(self, finding: Finding) -> Kind | None:
        """What is wrong with the file now; None: nothing. What was found in its bytes stands, for no file is
        ever written to after it got its name."""
        try:
            seen = self.survey.look(finding.blob)
        except StorageUnavailable:
            return Kind.UNREADABLE
        if seen is None:
            return Kind.MISSING
        if seen.size != finding.size:
            return Kind.WRONG_SIZE
        return finding.kind if finding.kind in (Kind.WRONG_HASH, Kind.UNREADABLE) else None

    def _is_old(self, blob: str) -> bool:
        try:
            seen = self.survey.look(blob)
        except StorageUnavailable:
            return False
        return seen is not None and seen.changed < self.until.timestamp()


def _read(rows: QuerySet[StoredObject]) -> list[Row]:
    return [Row(*values) for values in rows.values_list(*Row._fields)]


def _batches(findings: list[Finding]) -> Iterable[list[Finding]]:
    return (findings[start : start + BATCH] for start in range(0, len(findings), BATCH))
