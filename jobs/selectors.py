"""Reading side of jobs and snapshots."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery

from jobs.models import Job, Snapshot
from snapplatform.access.permissions import require
from snapplatform.access.principal import Principal
from snapplatform.errors import JobNotFound, SnapshotNotFound
from snapplatform.ids import parse_id


def list_jobs(*, principal: Principal) -> QuerySet[Job]:
    require(principal, "snap:ListJobs", "job")
    return Job.objects.filter(account=principal.account_id).select_related("template", "stream", "bucket")


def get_job(*, principal: Principal, job_id: object, action: str = "snap:GetJob") -> Job:
    """One job by id, with template, stream and bucket. Raises JobNotFound, for a foreign id too."""
    require(principal, action, "job", job_id)
    job = (
        Job.objects.filter(pk=parse_id(job_id), account=principal.account_id)
        .select_related("template", "stream", "bucket")
        .first()
    )
    if job is None:
        raise JobNotFound(id=str(job_id))
    return job


def list_snapshots(*, principal: Principal) -> QuerySet[Snapshot]:
    """All pictures of the account; callers filter by job, stream and time."""
    require(principal, "snap:ListSnapshots", "snapshot")
    return Snapshot.objects.filter(account=principal.account_id).select_related("object", "job", "stream")


def get_snapshot(*, principal: Principal, snapshot_id: object) -> Snapshot:
    """One picture by id. Raises SnapshotNotFound, for a foreign id too."""
    require(principal, "snap:GetSnapshot", "snapshot", snapshot_id)
    rows = Snapshot.objects.filter(pk=parse_id(snapshot_id), account=principal.account_id)
    snapshot = rows.select_related("object", "job", "stream").first()
    if snapshot is None:
        raise SnapshotNotFound(id=str(snapshot_id))
    return snapshot


def latest_snapshot(*, principal: Principal, job_id: object) -> Snapshot:
    """The newest picture of a job. Raises JobNotFound, or SnapshotNotFound when it has none yet."""
    job = get_job(principal=principal, job_id=job_id)
    newest = job.snapshots.select_related("object", "job", "stream").order_by("-timestamp").first()
    if newest is None:
        raise SnapshotNotFound(id=f"of job {job_id}")
    return newest


def newest_snapshots(jobs: Iterable[Job]) -> dict[UUID, Snapshot]:
    """The newest picture of each of these (permitted) jobs that has one, by job id; one query for all."""
    newest = Snapshot.objects.filter(job=OuterRef("pk")).order_by("-timestamp").values("pk")[:1]
    wanted = Job.objects.filter(pk__in=[job.pk for job in jobs]).values(newest=Subquery(newest))
    found = Snapshot.objects.filter(pk__in=wanted).select_related("object")
    return {snapshot.job_id: snapshot for snapshot in found}
