"""The life of a job."""

from dataclasses import replace

import pytest

from jobs.models import Job
from jobs.services import delete_job, restart_job, start_job, stop_job, submit_job, update_job
from snapplatform.errors import (
    InUse,
    InvalidValue,
    JobAlreadyStarted,
    JobLimitExceeded,
    JobNotFound,
    StreamNotLive,
)
from snapplatform.streams.services import ensure_stream
from templates.services import create_template
from tests import factories


def test_submitted_while_its_stream_is_live_it_starts(submit):
    job = submit(live=True)
    assert (job.status, job.waiting, job.run) == ("started", "", 1)


def test_submitted_without_a_live_stream_it_stays_init(submit):
    assert submit().status == "init"


def test_with_autostart_it_starts_and_waits(submit):
    job = submit(autostart=True)
    assert (job.status, job.waiting) == ("started", "stream offline")


def test_given_autostart_later_it_starts_as_well(submit, principal):
    job = submit()
    assert update_job(principal=principal, job_id=job.pk, autostart=True).status == "started"


def test_start_needs_a_live_stream_unless_it_may_wait(submit, principal):
    job = submit()
    with pytest.raises(StreamNotLive, match="cam"):
        start_job(principal=principal, job_id=job.pk)
    assert start_job(principal=principal, job_id=job.pk, wait_for_stream=True).waiting == "stream offline"


def test_start_twice_is_refused(submit, principal):
    job = submit(live=True)
    with pytest.raises(JobAlreadyStarted):
        start_job(principal=principal, job_id=job.pk)


@pytest.mark.parametrize("live", [True, False])
def test_stop_pauses_from_any_state_and_again_changes_nothing(submit, principal, live):
    job = submit(live=live)
    assert stop_job(principal=principal, job_id=job.pk).status == "paused"
    assert stop_job(principal=principal, job_id=job.pk).status == "paused"


def test_restart_begins_a_new_run_from_any_state(submit, principal):
    job = submit(live=True)
    assert restart_job(principal=principal, job_id=job.pk).run == 2
    stop_job(principal=principal, job_id=job.pk)
    again = restart_job(principal=principal, job_id=job.pk)
    assert (again.run, again.status) == (3, "started")


def test_beyond_the_limit_a_job_stays_init_and_start_says_why(submit, principal, settings):
    settings.SNAP = replace(settings.SNAP, started_jobs_limit=2)
    jobs = [submit(live=True) for _ in range(3)]
    assert [job.status for job in jobs] == ["started", "started", "init"]
    with pytest.raises(JobLimitExceeded, match="2"):
        start_job(principal=principal, job_id=jobs[2].pk)
    stop_job(principal=principal, job_id=jobs[0].pk)
    assert start_job(principal=principal, job_id=jobs[2].pk).status == "started"


def test_the_limit_is_each_accounts_own(submit, other_principal, settings):
    settings.SNAP = replace(settings.SNAP, started_jobs_limit=1)
    assert submit(live=True).status == "started"
    fields = {"name": "t", "interval_ms": 5000, "overwrite_format": "{JobId}.jpg"}
    job = submit_job(
        principal=other_principal,
        name="j",
        template=create_template(principal=other_principal, **fields),
        stream=ensure_stream(account_id=other_principal.account_id, name="cam")[0],
        bucket=factories.make_bucket(other_principal),
        autostart=True,
    )
    assert job.status == "started"


def test_options_are_checked(submit, principal):
    for option, value in {"skip_flags": ["ugly"], "retention_days": 0}.items():
        with pytest.raises(InvalidValue) as refusal:
            submit(**{option: value})
        assert refusal.value.parameter == option
    with pytest.raises(InvalidValue, match="no such parameter"):
        submit(colour="red")


def test_another_accounts_rows_are_refused(submit, principal, other_principal, bucket):
    job = submit()
    with pytest.raises(InvalidValue, match="belong"):
        submit_job(
            principal=other_principal, name="j", template=job.template, stream=job.stream, bucket=bucket
        )


def test_a_foreign_job_does_not_exist(submit, other_principal):
    job = submit()
    for call in (start_job, stop_job, restart_job, delete_job, update_job):
        with pytest.raises(JobNotFound):
            call(principal=other_principal, job_id=job.pk)
    with pytest.raises(JobNotFound):
        stop_job(principal=other_principal, job_id="no id at all")


def test_a_started_job_is_not_deleted(submit, principal):
    job = submit(live=True)
    with pytest.raises(InUse, match="Stop it first"):
        delete_job(principal=principal, job_id=job.pk)
    stop_job(principal=principal, job_id=job.pk)
    delete_job(principal=principal, job_id=job.pk)
    assert not Job.objects.filter(pk=job.pk).exists()
