"""/snapshots: by job, stream, time and flags; the newest; links; deleting."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from jobs.models import Job, Snapshot
from snapplatform import clock
from snapplatform.access.principal import Principal
from tests import factories
from tests.api.native.client import Api, problem, wrong

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def pictures(job: Job) -> list[Snapshot]:
    """Three pictures, ten seconds apart: plain, black, and dark and frozen."""
    flags: list[dict[str, bool]] = [{}, {"black": True}, {"dark": True, "frozen": True}]
    with clock.hold(START):
        return [
            factories.make_snapshot(job, frame_at=START + timedelta(seconds=10 * number), **flags[number])
            for number in range(3)
        ]


def ids(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [item["id"] for item in response.json()["items"]]


def test_all_that_is_known_of_a_picture(api: Api, job: Job):
    data = b"\xff\xd8 these bytes"
    snapshot = factories.make_snapshot(job, data, frame_at=START, dark=True)
    body = api.get(f"snapshots/{snapshot.pk}").json()
    assert body["sha256"] == hashlib.sha256(data).hexdigest()
    assert (body["size"], body["content_type"]) == (len(data), "image/jpeg")
    assert (body["frame_at"], body["timestamp"]) == ("2026-03-01T12:00:00Z", 1_772_366_400_000)
    assert (body["lag_ms"], body["age_ms"], body["flags"]) == (40, 15, ["dark"])
    assert (body["job_id"], body["stream_name"]) == (str(job.pk), "gate/north")
    assert (body["width"], body["height"], body["is_overlay"]) == (320, 180, False)


def test_link_gives_the_bytes_without_credentials(api: Api, anyone: Api, job: Job):
    snapshot = factories.make_snapshot(job, b"the bytes")
    url = api.get(f"snapshots/{snapshot.pk}").json()["url"]
    assert url.startswith("http://127.0.0.1:8000/files/")
    response = anyone.client.get(url.removeprefix("http://127.0.0.1:8000"))
    assert (response.status_code, response.getvalue()) == (200, b"the bytes")


def test_image_redirects_to_the_link(api: Api, job: Job):
    snapshot = factories.make_snapshot(job)
    response = api.get(f"snapshots/{snapshot.pk}/image")
    assert response.status_code == 302
    assert response.headers["Location"].startswith("http://127.0.0.1:8000/files/")
    assert response.headers["Cache-Control"] == "no-store"


def test_by_job_and_stream(api: Api, principal: Principal, job: Job, pictures: list[Snapshot]):
    other = factories.make_snapshot(factories.make_job(principal))
    newest_first = [str(item.pk) for item in reversed(pictures)]
    assert ids(api.get("snapshots")) == [str(other.pk), *newest_first]
    assert ids(api.get("snapshots", job_id=job.pk)) == newest_first
    assert ids(api.get("snapshots", stream_id=job.stream_id)) == newest_first
    assert ids(api.get("snapshots", stream_name="gate/north")) == newest_first
    assert ids(api.get("snapshots", stream_name="nobody")) == []
    assert ids(api.get(f"jobs/{job.pk}/snapshots")) == newest_first
    assert ids(api.get(f"jobs/{job.pk}/snapshots", order="oldest")) == newest_first[::-1]
    assert ids(api.get("snapshots", job_id=uuid4())) == []


def test_by_time(api: Api, job: Job, pictures: list[Snapshot]):
    path, (first, second, third) = f"jobs/{job.pk}/snapshots", [str(item.pk) for item in pictures]
    assert ids(api.get(path, since="2026-03-01T12:00:10Z")) == [third, second]
    assert ids(api.get(path, until="2026-03-01T12:00:10Z")) == [first]
    assert ids(api.get(path, since="2026-03-01T13:00:10+01:00", until="2026-03-01T12:00:20Z")) == [second]


@pytest.mark.parametrize(
    "moment",
    [
        "yesterday",
        "2026-03-01",
        "2026-03-01T12:00:00",
        "2026-02-30T12:00:00Z",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "2026-03-01T12:00:00+99:00",
        "2026-03-01T12:00:00 01:00",
        "\x00",
    ],
)
def test_bad_times_are_refused_in_words(api: Api, moment: str):
    assert "2026-03-01T12:00:00Z" in wrong(api.get("snapshots", since=moment))["since"]


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"])
def test_the_ends_of_time_are_times(api: Api, moment: str):
    assert ids(api.get("snapshots", since=moment, until=moment)) == []
    assert api.get("jobs", since=moment, until=moment).json()["items"] == []


def test_by_flags(api: Api, job: Job, pictures: list[Snapshot]):
    path, (first, second, third) = f"jobs/{job.pk}/snapshots", [str(item.pk) for item in pictures]
    assert ids(api.get(path, black="true")) == [second]
    assert ids(api.get(path, black="false")) == [third, first]
    assert ids(api.get(path, dark="true", frozen="true")) == [third]
    assert ids(api.get(path, flagged="true")) == [third, second]
    assert ids(api.get(path, flagged="false")) == [first]
    assert wrong(api.get(path, black="1")) == {"black": "must be true or false"}


def test_overwritten_picture_is_told_apart(api: Api, job: Job, pictures: list[Snapshot]):
    overlay = factories.make_snapshot(job, is_overlay=True, frame_at=START + timedelta(minutes=1))
    path = f"jobs/{job.pk}/snapshots"
    assert ids(api.get(path, is_overlay="true")) == [str(overlay.pk)]
    assert len(ids(api.get(path, is_overlay="false"))) == 3


def test_latest(api: Api, job: Job, pictures: list[Snapshot]):
    assert api.get(f"jobs/{job.pk}/snapshots/latest").json()["id"] == str(pictures[-1].pk)


def test_latest_of_a_job_without_pictures(api: Api, job: Job):
    problem(api.get(f"jobs/{job.pk}/snapshots/latest"), 404, "snapshot-not-found")


def test_delete_one(api: Api, pictures: list[Snapshot]):
    assert api.delete(f"snapshots/{pictures[0].pk}").status_code == 204
    problem(api.get(f"snapshots/{pictures[0].pk}"), 404, "snapshot-not-found")
    assert len(ids(api.get("snapshots"))) == 2


def test_delete_several(api: Api, pictures: list[Snapshot]):
    response = api.post("snapshots/delete", ids=[str(item.pk) for item in pictures[:2]])
    assert response.json() == {"deleted": 2}
    assert ids(api.get("snapshots")) == [str(pictures[2].pk)]


def test_delete_several_is_all_or_nothing(api: Api, pictures: list[Snapshot]):
    absent = str(uuid4())
    response = api.post("snapshots/delete", ids=[str(pictures[0].pk), absent])
    assert absent in problem(response, 404, "snapshot-not-found")["detail"]
    assert len(ids(api.get("snapshots"))) == 3


@pytest.mark.parametrize("given", [None, [], "x", {}, ["x"], [1], [None], [str(uuid4())] * 201])
def test_bad_lists_of_ids_are_refused_in_words(api: Api, given: Any):
    assert wrong(api.post("snapshots/delete", ids=given))
