"""What a job may say, and which snapshots a caller may name."""

from collections.abc import Mapping
from typing import Any

from jobs.models import QUALITY_FLAGS, Job, Snapshot
from snapplatform import checks
from snapplatform.access.principal import Principal
from snapplatform.errors import InvalidValue, SnapshotNotFound
from snapplatform.ids import parse_id
from snapplatform.storage.rules import check_retention
from snapplatform.streams.addresses import MAX_URL

OPTIONS = ("aligned", "autostart", "skip_flags", "retention_days")
MAX_DELETE = 200


def known_options(options: dict[str, Any], also: tuple[str, ...] = ()) -> dict[str, Any]:
    """The same options; raises InvalidValue for a name that isn't one."""
    for name in options:
        if name not in OPTIONS and name not in also:
            raise InvalidValue(name, "no such parameter")
    return options


def examine(values: Mapping[str, Any]) -> checks.Problems:
    """What is wrong with those of a job's own fields that are there, all of it."""
    problems = checks.Problems()
    if "name" in values:
        with problems.of():
            checks.text("name", values["name"], shortest=1, longest=128)
    if "source_url" in values:
        with problems.of():
            checks.text("source_url", values["source_url"], longest=MAX_URL)
    if "retention_days" in values:
        with problems.of():
            check_retention(values["retention_days"])
    if "skip_flags" in values:
        with problems.of():
            flags = values["skip_flags"]
            if not isinstance(flags, list) or any(flag not in QUALITY_FLAGS for flag in flags):
                raise InvalidValue("skip_flags", f"a list of any of {', '.join(QUALITY_FLAGS)}")
    return problems


def check(job: Job) -> None:
    """Raise InvalidValue or InvalidValues unless the job may be saved."""
    own = ("name", "source_url", "retention_days", "skip_flags")
    problems = examine({name: getattr(job, name) for name in own})
    with problems.of():
        if len({job.account_id, job.template.account_id, job.stream.account_id, job.bucket.account_id}) != 1:
            raise InvalidValue("account", "template, stream and bucket must belong to the job's account")
    problems.raise_any()


def snapshots_of(principal: Principal, snapshot_ids: list[object]) -> list[Snapshot]:
    """The account's snapshots of these ids. Raises SnapshotNotFound for the first that isn't there."""
    if len(snapshot_ids) > MAX_DELETE:
        raise InvalidValue("snapshot_ids", f"at most {MAX_DELETE} at once")
    wanted = {str(item): parse_id(item) for item in snapshot_ids}
    rows = Snapshot.objects.filter(account=principal.account_id, pk__in=list(wanted.values()))
    found = {row.pk: row for row in rows}
    for text, parsed in wanted.items():
        if parsed not in found:
            raise SnapshotNotFound(id=text)
    return list(found.values())
