"""/jobs/{id}/start, /stop and /restart."""

from dataclasses import replace

from jobs.models import Job
from snapplatform.access.principal import Principal
from tests import factories
from tests.api.native.client import Api, problem, wrong


def test_start_needs_a_live_stream(api: Api, job: Job):
    found = problem(api.post(f"jobs/{job.pk}/start"), 409, "stream-not-live")
    assert "gate/north" in found["detail"] and "wait_for_stream" in found["detail"]


def test_start_may_wait_for_the_stream(api: Api, job: Job):
    body = api.post(f"jobs/{job.pk}/start", wait_for_stream=True).json()
    assert (body["status"], body["waiting"]) == ("started", "stream offline")
    problem(api.post(f"jobs/{job.pk}/start", wait_for_stream=True), 409, "job-already-started")


def test_start_takes_no_body_or_a_right_one(api: Api, principal: Principal):
    stream = factories.make_stream(principal)
    job = factories.make_job(principal, stream=stream)
    assert wrong(api.post(f"jobs/{job.pk}/start", wait=True)) == {"wait": "no such parameter"}
    assert wrong(api.post(f"jobs/{job.pk}/start", wait_for_stream="yes")) == {
        "wait_for_stream": "must be true or false"
    }
    type(stream).objects.filter(pk=stream.pk).update(state="live")
    assert api.send("POST", f"jobs/{job.pk}/start", b"", content_type="").json()["status"] == "started"


def test_stop_and_stop_again(api: Api, job: Job):
    for _ in range(2):
        assert api.post(f"jobs/{job.pk}/stop").json()["status"] == "paused"


def test_restart_makes_a_new_run(api: Api, job: Job):
    api.post(f"jobs/{job.pk}/start", wait_for_stream=True)
    assert api.post(f"jobs/{job.pk}/restart").json()["status"] == "started"
    job.refresh_from_db()
    assert job.run == 2


def test_limit_of_started_jobs(api: Api, job: Job, principal: Principal, settings):
    settings.SNAP = replace(settings.SNAP, started_jobs_limit=1)
    other = factories.make_job(principal)
    assert api.post(f"jobs/{job.pk}/start", wait_for_stream=True).status_code == 200
    for action in ("start", "restart"):
        body = {"wait_for_stream": True} if action == "start" else b""
        found = problem(api.post(f"jobs/{other.pk}/{action}", body), 409, "job-limit-exceeded")
        assert "At most 1 jobs" in found["detail"]
