"""/jobs: submitting, listing, changing, deleting."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from jobs.explanations import EXPLANATIONS
from jobs.models import Job, SkipCount
from snapplatform import clock
from snapplatform.access.principal import Principal
from snapplatform.storage.models import Bucket
from snapplatform.streams.models import Stream
from templates.models import Template
from tests import factories
from tests.api.native.client import Api, problem, wrong


@pytest.fixture
def good(template: Template, stream: Stream, bucket: Bucket) -> dict[str, Any]:
    return {
        "name": "north",
        "template_id": str(template.pk),
        "stream_name": stream.name,
        "bucket": bucket.name,
    }


def test_submit_on_an_offline_stream_stays_init(api: Api, good: dict[str, Any]):
    response = api.post("jobs", good)
    assert response.status_code == 201
    body = response.json()
    assert (body["status"], body["waiting"], body["newest"], body["skips"]) == ("init", "", None, [])
    assert body["counts"] == {"expected": 0, "captured": 0, "late": 0, "skipped": 0}
    assert (body["stream_name"], body["stream_state"], body["bucket"]) == (
        "gate/north",
        "offline",
        good["bucket"],
    )
    assert api.get(f"jobs/{body['id']}").json() == body


def test_submit_on_a_live_stream_starts(api: Api, principal: Principal, good: dict[str, Any]):
    live = factories.make_stream(principal, "live-one", live=True)
    body = api.post("jobs", {**good, "stream_name": live.name}).json()
    assert (body["status"], body["waiting"]) == ("started", "")


def test_submit_with_autostart_waits_for_the_stream(api: Api, good: dict[str, Any]):
    body = api.post("jobs", {**good, "autostart": True}).json()
    assert (body["status"], body["waiting"]) == ("started", "stream offline")


def test_submit_by_ids(api: Api, good: dict[str, Any], stream: Stream, bucket: Bucket):
    del good["stream_name"], good["bucket"]
    body = api.post("jobs", {**good, "stream_id": str(stream.pk), "bucket_id": str(bucket.pk)}).json()
    assert (body["stream_id"], body["bucket_id"]) == (str(stream.pk), str(bucket.pk))


def test_submit_by_address_registers_the_stream(api: Api, good: dict[str, Any]):
    del good["stream_name"]
    body = api.post("jobs", {**good, "source_url": "rtmp://127.0.0.1:1935/live/new/one?key=sk_x"}).json()
    assert body["stream_name"] == "new/one"
    assert body["source_url"] == "rtmp://127.0.0.1:1935/live/new/one"  # the key is not kept
    assert api.get("streams", name="new/one").json()["items"]


@pytest.mark.parametrize(
    "url",
    ["", "x", "rtmp://10.0.0.1/live/a", "http://127.0.0.1/live/a", "rtmp://127.0.0.1/live/", "rtmp://["],
)
def test_any_other_address_is_refused_in_words(api: Api, good: dict[str, Any], url: str):
    del good["stream_name"]
    assert wrong(api.post("jobs", {**good, "source_url": url}))["source_url"]


def test_a_refused_job_leaves_no_stream_behind(api: Api, good: dict[str, Any]):
    del good["stream_name"]
    url = "rtmp://127.0.0.1:1935/live/never/seen"
    assert wrong(api.post("jobs", {**good, "source_url": url, "skip_flags": ["dark"], "name": "a\nb"}))[
        "name"
    ]
    assert not Stream.objects.filter(name="never/seen").exists()


def test_options_are_kept(api: Api, good: dict[str, Any]):
    options = {"aligned": True, "skip_flags": ["black", "frozen"], "retention_days": 2}
    body = api.post("jobs", {**good, **options}).json()
    assert {name: body[name] for name in options} == options


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 129),
        ("name", "a\x7fb"),
        ("template_id", "five"),
        ("aligned", "yes"),
        ("autostart", 1),
        ("skip_flags", "black"),
        ("skip_flags", {}),
        ("retention_days", 0),
        ("retention_days", 10**17),
        ("bucket_id", "x"),
        ("options", {}),
    ],
)
def test_each_bad_value_is_named(api: Api, good: dict[str, Any], field: str, value: Any):
    assert field in wrong(api.post("jobs", {**good, field: value}))


def test_bad_flag_is_named_by_its_place(api: Api, good: dict[str, Any]):
    assert "skip_flags.1" in wrong(api.post("jobs", {**good, "skip_flags": ["black", "blue"]}))


def test_unknown_template_stream_and_bucket_are_told_apart(api: Api, good: dict[str, Any]):
    absent = str(uuid4())
    problem(api.post("jobs", {**good, "template_id": absent}), 404, "template-not-found")
    found = problem(api.post("jobs", {**good, "stream_name": "nobody"}), 404, "stream-not-found")
    assert found["detail"] == "No such stream: nobody. Publish it first, or register its name."
    found = problem(api.post("jobs", {**good, "bucket": "nowhere"}), 404, "bucket-not-found")
    assert found["detail"].startswith("No such bucket: local/nowhere. Create it first")
    problem(api.post("jobs", {**good, "bucket_endpoint": "cos"}), 404, "bucket-not-found")


def test_one_stream_and_one_bucket_must_be_named(api: Api, good: dict[str, Any]):
    assert "give exactly one" in wrong(api.post("jobs", {**good, "stream_id": str(uuid4())}))["stream_name"]
    assert "give exactly one" in wrong(api.post("jobs", {**good, "bucket_id": str(uuid4())}))["bucket"]
    del good["stream_name"], good["bucket"]
    assert "stream_id" in wrong(api.post("jobs", good))


def test_get_shows_counts_skips_and_the_age_of_the_newest_picture(api: Api, job: Job):
    now = timezone.now()
    Job.objects.filter(pk=job.pk).update(expected=10, captured=7, late=1, skipped=3, waiting="no keyframe")
    SkipCount.objects.create(job=job, reason="black", count=3, last_at=now)
    factories.make_snapshot(job, frame_at=now - timedelta(minutes=1))
    newest = factories.make_snapshot(job, frame_at=now)
    with clock.hold(now + timedelta(milliseconds=2500)):
        body = api.get(f"jobs/{job.pk}").json()
    assert body["counts"] == {"expected": 10, "captured": 7, "late": 1, "skipped": 3}
    assert [(skip["reason"], skip["count"]) for skip in body["skips"]] == [("black", 3)]
    assert body["skips"][0]["explanation"] == EXPLANATIONS["black"]
    assert body["newest"]["snapshot_id"] == str(newest.pk)
    assert body["newest"]["age_ms"] == 2500
    assert body["newest"]["url"].startswith("http://127.0.0.1:8000/files/")
    assert body["waiting"] == "no keyframe"


def test_filters(api: Api, principal: Principal, job: Job):
    other = factories.make_job(principal, name="Other", autostart=True)

    def ids(**query: Any) -> list[str]:
        return [item["id"] for item in api.get("jobs", **query).json()["items"]]

    assert ids() == [str(other.pk), str(job.pk)]
    assert ids(status="started") == [str(other.pk)]
    assert ids(stream_id=job.stream_id) == [str(job.pk)]
    assert ids(stream_name="gate/north") == [str(job.pk)]
    assert ids(stream_name="gate") == []
    assert ids(stream_name="gate/north", stream_id=other.stream_id) == []
    assert ids(template_id=job.template_id) == [str(job.pk)]
    assert ids(search="oTHER") == [str(other.pk)]
    assert ids(since=other.created_at.isoformat()) == [str(other.pk)]
    assert ids(until=other.created_at.isoformat()) == [str(job.pk)]
    assert ids(stream_id=uuid4()) == []


def test_patch(api: Api, job: Job):
    body = api.patch(f"jobs/{job.pk}", name="new", skip_flags=["dark"]).json()
    assert (body["name"], body["skip_flags"], body["aligned"]) == ("new", ["dark"], False)
    assert wrong(api.patch(f"jobs/{job.pk}", status="started")) == {"status": "no such parameter"}


def test_delete_takes_the_pictures_along(api: Api, job: Job):
    snapshot = factories.make_snapshot(job)
    assert api.delete(f"jobs/{job.pk}").status_code == 204
    problem(api.get(f"jobs/{job.pk}"), 404, "job-not-found")
    problem(api.get(f"snapshots/{snapshot.pk}"), 404, "snapshot-not-found")


def test_started_job_is_not_deleted(api: Api, job: Job):
    api.post(f"jobs/{job.pk}/start", wait_for_stream=True)
    assert "Stop it first" in problem(api.delete(f"jobs/{job.pk}"), 409, "in-use")["detail"]
