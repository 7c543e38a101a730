"""/buckets."""

from typing import Any

import pytest

from jobs.models import Job
from snapplatform.storage.models import Bucket
from tests import factories
from tests.api.native.client import Api, problem, wrong


def test_create_get_list(api: Api):
    body = api.post("buckets", name="pictures", retention_days=7).json()
    assert (body["endpoint"], body["name"], body["retention_days"], body["backend"]) == (
        "local",
        "pictures",
        7,
        "local",
    )
    assert api.get(f"buckets/{body['id']}").json() == body
    assert api.get("buckets", name="pictures", endpoint="local").json()["items"] == [body]
    assert api.get("buckets", name="others").json()["items"] == []


def test_labels_of_a_cloud_may_be_used(api: Api):
    body = api.post("buckets", name="testbucket", endpoint="oss-cn-shanghai.aliyuncs.com").json()
    assert body["endpoint"] == "oss-cn-shanghai.aliyuncs.com"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "UPPER"),
        ("name", "ab"),
        ("name", "x" * 64),
        ("name", "-ab"),
        ("endpoint", ""),
        ("endpoint", "a\tb"),
        ("retention_days", 0),
        ("retention_days", 36_501),
        ("retention_days", "7"),
    ],
)
def test_each_bad_value_is_named(api: Api, field: str, value: Any):
    assert list(wrong(api.post("buckets", {"name": "good-name", field: value}))) == [field]


def test_name_taken(api: Api, bucket: Bucket):
    problem(api.post("buckets", name=bucket.name), 409, "already-exists")


def test_patch(api: Api, bucket: Bucket):
    assert api.patch(f"buckets/{bucket.pk}", retention_days=3).json()["retention_days"] == 3
    assert api.patch(f"buckets/{bucket.pk}", retention_days=None).json()["retention_days"] is None
    assert api.patch(f"buckets/{bucket.pk}").json()["id"] == str(bucket.pk)


def test_delete(api: Api, bucket: Bucket):
    assert api.delete(f"buckets/{bucket.pk}").status_code == 204
    problem(api.get(f"buckets/{bucket.pk}"), 404, "bucket-not-found")


def test_bucket_in_use_stays(api: Api, job: Job):
    assert "jobs" in problem(api.delete(f"buckets/{job.bucket_id}"), 409, "in-use")["detail"]
    factories.make_snapshot(job)
    assert "stored objects" in problem(api.delete(f"buckets/{job.bucket_id}"), 409, "in-use")["detail"]
