"""Writing side of jobs: submitting, starting, stopping, deleting. What captures write is in capture.py."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from jobs import rules
from jobs.models import Job
from jobs.selectors import get_job
from jobs.waiting import waiting_of
from snapplatform import clock
from snapplatform.access.models import Account
from snapplatform.access.permissions import require
from snapplatform.access.principal import Principal
from snapplatform.errors import InUse, JobAlreadyStarted, JobLimitExceeded, JobNotFound, StreamNotLive
from snapplatform.storage import ledger
from snapplatform.storage.models import Bucket, StoredObject
from snapplatform.streams.models import Stream
from templates.models import Template

_STARTABLE = (Job.Status.INIT, Job.Status.PAUSED)


def submit_job(
    *,
    principal: Principal,
    name: str,
    template: Template,
    stream: Stream,
    bucket: Bucket,
    source_url: str = "",
    **options: Any,
) -> Job:
    """A new job. It starts by itself when the stream is live or pulled (or `autostart` is given) and the
    account's limit allows; else it stays init until somebody starts it.

    `options`: aligned, autostart, skip_flags, retention_days. Raises InvalidValue, InvalidValues.
    """
    require(
        principal,
        "snap:SubmitJob",
        "job",
        context={"snap:StreamName": stream.name, "snap:Bucket": bucket.name},
    )
    job = Job(
        account_id=principal.account_id,
        name=name,
        template=template,
        stream=stream,
        bucket=bucket,
        source_url=source_url,
        **rules.known_options(options),
    )
    rules.check(job)
    job.save(force_insert=True)
    if job.autostart or _comes(stream):
        try:
            _start(job, from_states=_STARTABLE)
        except JobLimitExceeded:
            pass  # it stays init, as the vendor's does; its status tells
    return get_job(principal=principal, job_id=job.pk)


def update_job(*, principal: Principal, job_id: object, **changes: Any) -> Job:
    """Change the name or an option; running captures follow at their next tick. Given `autostart`, a job that
    never ran starts now. Raises InvalidValue, JobLimitExceeded."""
    job = get_job(principal=principal, job_id=job_id, action="snap:UpdateJob")
    changes = rules.known_options(changes, also=("name",))
    for key, value in changes.items():
        setattr(job, key, value)
    rules.check(job)
    Job.objects.filter(pk=job.pk).update(**changes, modified_at=clock.now())
    if changes.get("autostart") and job.status == Job.Status.INIT:
        # As if it had been submitted with it.
        _start(job, from_states=(Job.Status.INIT,))
    return get_job(principal=principal, job_id=job_id)


def start_job(*, principal: Principal, job_id: object, wait_for_stream: bool = False) -> Job:
    """Start an init or paused job. Raises JobAlreadyStarted, JobLimitExceeded, StreamNotLive."""
    job = get_job(principal=principal, job_id=job_id, action="snap:StartJob")
    if job.status == Job.Status.STARTED:
        raise JobAlreadyStarted(str(job.pk))
    if not _comes(job.stream) and not wait_for_stream:
        raise StreamNotLive(job.stream.name)
    _start(job, from_states=_STARTABLE)
    return get_job(principal=principal, job_id=job_id)


def stop_job(*, principal: Principal, job_id: object) -> Job:
    """Pause a job; stopping a paused one changes nothing."""
    job = get_job(principal=principal, job_id=job_id, action="snap:StopJob")
    running = Job.objects.filter(pk=job.pk, status__in=(Job.Status.INIT, Job.Status.STARTED))
    running.update(status=Job.Status.PAUSED, waiting="", modified_at=clock.now())
    return get_job(principal=principal, job_id=job_id)


def restart_job(*, principal: Principal, job_id: object) -> Job:
    """Start the job on a new grid, whether it runs or not. Raises JobLimitExceeded."""
    job = get_job(principal=principal, job_id=job_id, action="snap:RestartJob")
    _start(job, from_states=tuple(Job.Status))
    return get_job(principal=principal, job_id=job_id)


def delete_job(*, principal: Principal, job_id: object) -> None:
    """Delete a job that isn't started, with all its pictures."""
    job = get_job(principal=principal, job_id=job_id, action="snap:DeleteJob")
    if problem := why_in_use(job):
        raise problem
    ledger.delete_objects(StoredObject.objects.filter(snapshots__job=job))
    if not Job.objects.filter(pk=job.pk).exclude(status=Job.Status.STARTED).delete()[0]:
        raise _capturing(job)  # somebody started it meanwhile


def why_in_use(job: Job) -> InUse | None:
    """Why the job can't be deleted now, if so."""
    return _capturing(job) if job.status == Job.Status.STARTED else None


def delete_snapshot(*, principal: Principal, snapshot_id: object) -> None:
    """Delete one picture: its bytes, its ledger row and every record of it."""
    delete_snapshots(principal=principal, snapshot_ids=[snapshot_id])


def delete_snapshots(*, principal: Principal, snapshot_ids: list[object]) -> int:
    """Delete pictures of the account. Raises SnapshotNotFound, and deletes none, when one does not exist."""
    for snapshot_id in snapshot_ids:
        require(principal, "snap:DeleteSnapshot", "snapshot", snapshot_id)
    found = rules.snapshots_of(principal, snapshot_ids)
    return ledger.delete_objects(StoredObject.objects.filter(pk__in={item.object_id for item in found}))


def _capturing(job: Job) -> InUse:
    return InUse("job", job.name, "its captures", cure="Stop it first.")


def _comes(stream: Stream) -> bool:
    """Whether a job needn't wait for somebody to publish: the stream is there, or comes when it is wanted."""
    return stream.state == Stream.State.LIVE or stream.pulled


def _start(job: Job, *, from_states: tuple[Job.Status, ...]) -> None:
    """The one way into `started`. The account's row is locked: two starts can't both take the last place."""
    limit = settings.SNAP.started_jobs_limit
    with transaction.atomic():
        list(Account.objects.select_for_update().filter(pk=job.account_id).values_list("pk"))
        others = Job.objects.filter(account=job.account_id, status=Job.Status.STARTED).exclude(pk=job.pk)
        if others.count() >= limit:
            raise JobLimitExceeded(limit)
        changed = Job.objects.filter(pk=job.pk, status__in=from_states).update(
            status=Job.Status.STARTED,
            waiting=waiting_of(job.stream),
            run=F("run") + 1,
            started_at=Now(),
            modified_at=clock.now(),
        )
    if not changed:
        if Job.objects.filter(pk=job.pk).exists():
            raise JobAlreadyStarted(str(job.pk))
        raise JobNotFound(id=str(job.pk))
