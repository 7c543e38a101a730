"""The check of stored objects: compares ledger and files of each bucket, and mends what it is asked to.

It finds everything in a bucket before it mends anything: a disk that isn't mounted, or a database restored
from an old copy, is recognised by the share of objects that look wrong, and nothing is deleted for it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from snapplatform import clock
from snapplatform.errors import StorageUnavailable
from snapplatform.storage.buckets import root_of
from snapplatform.storage.comparing import Comparison
from snapplatform.storage.findings import REPAIRS, Finding, Findings, Kind, Report
from snapplatform.storage.models import Bucket, Garbage, StoredObject
from snapplatform.storage.repairing import Repair
from snapplatform.storage.survey import DEAD_AFTER, Survey, Throttle

# Longer than a picture may wait between the rename of its file and the commit of its row, with a wide margin.
GRACE: Final = timedelta(minutes=10)
GARBAGE_AFTER: Final = timedelta(hours=1)
MENDABLE: Final = REPAIRS["all"]


@dataclass(frozen=True, slots=True)
class Options:
    """How to check. `repair`: kinds to mend. `max_share` of a bucket's objects may look wrong (or `min_count`
    objects, whatever their share) before nothing is mended; 1 switches this off. `rate`: bytes a second for
    `hashes`. `since`: only shards from then on."""

    repair: frozenset[Kind] = frozenset()
    hashes: bool = False
    rate: float | None = None
    grace: timedelta = GRACE
    max_share: float = 0.2
    min_count: int = 20
    examples: int = 5
    since: datetime | None = None


def check_storage(buckets: Iterable[Bucket], options: Options) -> Iterator[Report]:
    """The report of each bucket. Once the breaker stops the repair of one, none after it is mended either."""
    stopped = False
    for bucket in buckets:
        report = Report(bucket, options.examples)
        try:
            _check(report, options, may_repair=not stopped)
        except StorageUnavailable as error:
            report.trouble = error.reason
        stopped = stopped or bool(report.stopped)
        yield report


def _check(report: Report, options: Options, *, may_repair: bool) -> None:
    bucket, now = report.bucket, clock.now()
    _waiting_garbage(report, now)
    root = root_of(bucket)
    if not bucket.location and not root.exists() and not StoredObject.objects.filter(bucket=bucket).exists():
        return  # nothing was ever stored, and the first write makes the folder
    until, temporary_until = now - options.grace, now - max(options.grace, DEAD_AFTER)
    hashing = Throttle(options.rate) if options.hashes else None
    _refuse_emptiness(root, bucket, until, options)
    with Survey(root, report.foreign) as survey, Findings() as kept:
        comparison = Comparison(bucket, survey, until, hashing)
        try:
            for finding in comparison.run(temporary_until, options.since):
                report.add(finding)
                if finding.kind in options.repair:
                    kept.add(finding)
        finally:
            report.rows, report.files = comparison.rows, comparison.files
        survey.check_mounted()
        report.stopped = _verdict(report, options) if options.repair else ""
        if may_repair and not report.stopped:
            Repair(comparison, report, options.grace, temporary_until).run(kept)


def _refuse_emptiness(root: Path, bucket: Bucket, until: datetime, options: Options) -> None:
    """The folder on which a disk should be mounted looks like this, and a small bucket stays below the
    breaker's minimum."""
    if options.max_share >= 1:
        return
    with Survey(root) as survey:
        if any(survey.shards(until=until)):
            return
    rows = StoredObject.objects.filter(bucket=bucket, modified_at__lt=until)
    if rows.exists():
        raise StorageUnavailable(
            f"the bucket's folder holds nothing, but the ledger names {rows.count():,} objects in it; is its "
            "disk mounted? If all is really lost, --max-share 1 has it taken at its word"
        )


def _verdict(report: Report, options: Options) -> str:
    """The circuit breaker: "" or why nothing may be mended."""
    if report.wrong < options.min_count or report.wrong <= options.max_share * report.objects:
        return ""
    return (
        f"Stopped: {report.wrong:,} of {report.objects:,} objects look wrong, more than "
        f"{options.max_share:.0%} of them. A disk that isn't mounted or a database restored from an old copy "
        "looks like this, so nothing was repaired. If they really are wrong, run again with a larger "
        "--max-share (1: no limit)."
    )


def _waiting_garbage(report: Report, now: datetime) -> None:
    """Garbage that should be gone: no worker runs, or the disk refuses."""
    late = now - GARBAGE_AFTER
    rows = Garbage.objects.filter(bucket=report.bucket, created_at__lt=late).exclude(look_again_at__gte=late)
    report.found[Kind.GARBAGE] = rows.count()
    if report.found[Kind.GARBAGE]:
        oldest = rows.order_by("created_at").values_list("blob", "created_at")[: report.limit]
        report.examples[Kind.GARBAGE] = [
            str(Finding(Kind.GARBAGE, blob, key=f"since {at:%Y-%m-%d %H:%M} UTC")) for blob, at in oldest
        ]
