"""Mends what a check found: each batch is looked at again inside the transaction that changes it.

Interrupted anywhere it can be run again: a batch is done whole or not at all, files only go through garbage
rows, and what is mended is no finding any more.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction

from snapplatform import clock
from snapplatform.storage import ledger
from snapplatform.storage.comparing import Comparison
from snapplatform.storage.findings import Finding, Findings, Kind, Report
from snapplatform.storage.models import Garbage, StoredObject

# Rows a transaction: on SQLite nothing else is written meanwhile, so captures must not wait for long.
BATCH = 100


class Repair:
    """Mends the kept findings of one bucket, and counts in the report what was done."""

    def __init__(
        self, comparison: Comparison, report: Report, grace: timedelta, temporary_until: datetime
    ) -> None:
        self._comparison = comparison
        self._report = report
        self._grace = grace
        self._temporary_until = temporary_until
        self._ways: dict[Kind, Callable[[list[Finding]], int]] = {
            Kind.MISSING: self._rows,
            Kind.WRONG_SIZE: self._rows,
            Kind.WRONG_HASH: self._hashes,
            Kind.ORPHANED: self._orphans,
            Kind.TEMPORARY: self._temporary,
        }

    def run(self, findings: Findings) -> None:
        """Raises StorageUnavailable when the folder went away; what was mended by then stays so."""
        for batch in findings.batches(BATCH):
            for kind in sorted({finding.kind for finding in batch}):
                chosen = [finding for finding in batch if finding.kind == kind]
                count = self._ways[kind](chosen)
                self._report.repaired[kind] += count
                self._report.vanished[kind] += len(chosen) - count

    def _rows(self, findings: list[Finding]) -> int:
        """Delete rows with their snapshots. A file of wrong bytes follows through the garbage; where there is
        none, no garbage row is made: it would delete whatever takes that name."""
        expected = {finding.row: finding.kind for finding in findings}
        with transaction.atomic():
            true = [
                finding
                for finding in self._comparison.still_wrong(findings, lock=True)
                if finding.kind == expected[finding.row]  # one that changed its kind is for the next check
            ]
            waste = [
                (self._comparison.bucket.pk, finding.blob) for finding in true if finding.kind != Kind.MISSING
            ]
            ledger.forget([finding.row for finding in true if finding.row], waste)
        return len(true)

    def _hashes(self, findings: list[Finding]) -> int:
        """Read again before the transaction, which is too short a time to read large files in."""
        rows = StoredObject.objects.filter(pk__in=[finding.row for finding in findings])
        hashes = dict(rows.values_list("blob", "sha256"))
        still = [
            finding
            for finding in findings
            if finding.blob in hashes
            and self._comparison.read_bytes(finding.blob, hashes[finding.blob]) == finding.kind
        ]
        return self._rows(still)

    def _orphans(self, findings: list[Finding]) -> int:
        """A writer that waited for the database may still name such a file, so it waits in the garbage for
        another grace, and goes only if no row names it then."""
        bucket = self._comparison.bucket
        with transaction.atomic():
            self._comparison.survey.check_mounted()
            true = self._comparison.still_orphaned(findings)
            look_again_at = clock.now() + self._grace
            Garbage.objects.bulk_create(
                Garbage(bucket=bucket, blob=finding.blob, look_again_at=look_again_at) for finding in true
            )
        return len(true)

    def _temporary(self, findings: list[Finding]) -> int:
        survey, until = self._comparison.survey, self._temporary_until
        return sum(survey.remove_temporary(finding.blob, until) for finding in findings)
