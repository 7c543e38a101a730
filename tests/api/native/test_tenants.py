"""Nobody sees another account's anything: a foreign id answers exactly like one that doesn't exist."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from jobs.models import Job, Snapshot
from snapplatform.access.principal import Principal, principal_of
from snapplatform.storage.models import Bucket
from snapplatform.streams.models import Stream, StreamKey
from snapplatform.streams.services import create_stream_key
from templates.models import Template
from tests import factories
from tests.api.native.client import Api

# Every operation with an id in its path or query, and which kind of id.
BY_PATH = [
    ("GET", "streams/{id}", "stream"),
    ("PATCH", "streams/{id}", "stream"),
    ("DELETE", "streams/{id}", "stream"),
    ("DELETE", "stream-keys/{id}", "stream_key"),
    ("GET", "stream-keys?stream_id={id}", "stream"),
    ("GET", "templates/{id}", "template"),
    ("PATCH", "templates/{id}", "template"),
    ("DELETE", "templates/{id}", "template"),
    ("GET", "buckets/{id}", "bucket"),
    ("PATCH", "buckets/{id}", "bucket"),
    ("DELETE", "buckets/{id}", "bucket"),
    ("GET", "jobs/{id}", "job"),
    ("PATCH", "jobs/{id}", "job"),
    ("DELETE", "jobs/{id}", "job"),
    ("POST", "jobs/{id}/start", "job"),
    ("POST", "jobs/{id}/stop", "job"),
    ("POST", "jobs/{id}/restart", "job"),
    ("GET", "jobs/{id}/snapshots", "job"),
    ("GET", "jobs/{id}/snapshots/latest", "job"),
    ("GET", "jobs?stream_id={id}", "stream"),
    ("GET", "jobs?template_id={id}", "template"),
    ("GET", "snapshots?job_id={id}", "job"),
    ("GET", "snapshots?stream_id={id}", "stream"),
    ("GET", "snapshots/{id}", "snapshot"),
    ("GET", "snapshots/{id}/image", "snapshot"),
    ("DELETE", "snapshots/{id}", "snapshot"),
]
BY_BODY = [
    ("stream-keys", "stream_id", "stream"),
    ("jobs", "template_id", "template"),
    ("jobs", "stream_id", "stream"),
    ("jobs", "bucket_id", "bucket"),
    ("snapshots/delete", "ids", "snapshot"),
]
MODELS = {
    "stream": Stream,
    "stream_key": StreamKey,
    "template": Template,
    "bucket": Bucket,
    "job": Job,
    "snapshot": Snapshot,
}


@pytest.fixture
def foreign(job: Job, principal: Principal) -> dict[str, UUID]:
    """One row of each kind, of the first account."""
    return {
        "stream": job.stream_id,
        "stream_key": create_stream_key(principal=principal)[0].pk,
        "template": job.template_id,
        "bucket": job.bucket_id,
        "job": job.pk,
        "snapshot": factories.make_snapshot(job).pk,
    }


def seen(response: Any, asked: object) -> tuple[int, str, str]:
    """All that a caller can tell, with what was asked for and the request's id taken out."""
    text = response.content.decode().replace(str(asked), "ID")
    text = text.replace(response.headers["X-Request-ID"], "REQUEST")
    return response.status_code, text, response.headers.get("Content-Type", "")


@pytest.mark.parametrize(("method", "path", "kind"), BY_PATH)
def test_foreign_ids_in_addresses(stranger: Api, foreign: dict[str, UUID], method: str, path: str, kind: str):
    absent = uuid4()
    body = b"{}" if method in ("PATCH", "POST") else b""
    answers = [
        seen(stranger.send(method, path.format(id=item), body), item) for item in (foreign[kind], absent)
    ]
    assert answers[0] == answers[1]
    assert answers[0][0] == 404 or answers[0][1] == '{"items":[],"next":null}'
    assert MODELS[kind].objects.filter(pk=foreign[kind]).exists()


@pytest.mark.parametrize(("path", "field", "kind"), BY_BODY)
def test_foreign_ids_in_bodies(stranger: Api, foreign: dict[str, UUID], path: str, field: str, kind: str):
    assert stranger.user is not None
    own = factories.make_job(principal_of(stranger.user))
    body: dict[str, Any] = {}
    if path == "jobs":
        body = {
            "name": "n",
            "template_id": str(own.template_id),
            "stream_id": str(own.stream_id),
            "bucket_id": str(own.bucket_id),
        }
    absent, answers = uuid4(), []
    for item in (foreign[kind], absent):
        given = [str(item)] if field == "ids" else str(item)
        answers.append(seen(stranger.post(path, {**body, field: given}), item))
    assert answers[0] == answers[1]
    assert answers[0][0] == 404
    assert MODELS[kind].objects.filter(pk=foreign[kind]).exists()


def test_foreign_names_are_free_and_unknown(stranger: Api, job: Job, template: Template):
    mine = stranger.post("templates", name="x", interval=5, overwrite_format="{JobId}.jpg").json()["id"]
    body = {"name": "n", "template_id": mine, "stream_name": job.stream.name, "bucket": job.bucket.name}
    assert stranger.post("jobs", body).json()["type"] == "/api/errors/bucket-not-found"
    assert stranger.post("buckets", name=job.bucket.name).status_code == 201
    assert stranger.post("jobs", body).json()["type"] == "/api/errors/stream-not-found"
    assert stranger.post("streams", name=job.stream.name).status_code == 201
    assert stranger.post("jobs", body).status_code == 201


@pytest.mark.parametrize("path", ["streams", "stream-keys", "templates", "buckets", "jobs", "snapshots"])
def test_lists_hold_only_the_callers_own(stranger: Api, foreign: dict[str, UUID], path: str):
    assert stranger.get(path).json()["items"] == []


def test_filters_by_a_foreign_name_find_nothing(stranger: Api, job: Job):
    factories.make_snapshot(job)
    for path in ("jobs", "snapshots"):
        for name in (job.stream.name, "nobody"):
            assert stranger.get(path, stream_name=name).json() == {"items": [], "next": None}


def test_every_operation_with_an_id_is_in_these_tables():
    document = json.loads((Path(__file__).parents[3] / "docs" / "openapi.json").read_text())
    tested = {(method, path.partition("?")[0].format(id="{}")) for method, path, _ in BY_PATH}
    for path, methods in document["paths"].items():
        if "{" not in path:
            continue
        plain = path.removeprefix("/api/v1/").split("{")[0] + "{}" + path.partition("}")[2]
        for method in methods:
            assert (method.upper(), plain) in tested
