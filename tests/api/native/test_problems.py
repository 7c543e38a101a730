"""Whatever is wrong with a request, the answer is a problem with words, never a traceback."""

import json
from pathlib import Path
from unittest import mock

import pytest
from django.db import OperationalError
from django.test import Client

from snapplatform import errors
from snapplatform.api.native.errors import TABLE, all_problems, problem_of
from tests.api.native.client import Api, problem, wrong

DEEP = b'{"name":' + b"[" * 100_000 + b"]" * 100_000 + b"}"


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"nonsense",
        b"[]",
        b'"x"',
        b"null",
        b"\xff\xfe{}",
        b"\xef\xbb\xbf{}",
        b'{"name": "\xc3\x28"}',
        b'{"name": NaN}',
        b'{"name": Infinity}',
        b'{"name": 1e999}',
        b'{"name": "a", "name": "b"}',
        b'{"x": {"a": 1, "a": 2}}',
        b'{"name": "\\u0000"}',
        b'{"name": "\\ud800"}',
        b'{"\\udfff": 1}',
        b'{"name": ' + b"9" * 5000 + b"}",
        b'{"name": 1000000000000000000}',
        b'{"name": ' + b"[" * 17 + b"]" * 17 + b"}",
        DEEP,
    ],
    ids=lambda body: repr(body[:24]),
)
def test_bodies_that_are_no_strict_json(api: Api, body: bytes):
    problem(api.send("POST", "streams", body), 400, "malformed-json")


def test_text_outside_the_basic_plane_is_text(api: Api):
    body = b'{"name": "\\ud83d\\ude00"}'
    assert api.send("POST", "streams", body).json()["name"] == "\N{GRINNING FACE}"


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-16",
        "x" * 9000,
    ],
)
def test_only_json_is_taken(api: Api, content_type: str):
    found = problem(
        api.send("POST", "streams", b'{"name": "a"}', content_type), 415, "unsupported-media-type"
    )
    assert "send application/json" in found["detail"]


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=UTF-8", 'Application/JSON;charset="utf8"']
)
def test_json_may_name_its_charset(api: Api, content_type: str):
    assert api.send("POST", "streams", b'{"name": "a"}', content_type).status_code == 201


def test_body_has_a_limit(api: Api):
    filled = b'{"name": "' + b"a" * (1024 * 1024 - 12) + b'"}'
    assert len(filled) == 1024 * 1024
    assert wrong(api.send("POST", "streams", filled)) == {"name": "at most 255 characters"}
    problem(api.send("POST", "streams", filled + b" "), 413, "body-too-large")


def test_many_unknown_names_are_cut_short(api: Api):
    body = {f"x{number}" * 50: 1 for number in range(1000)}
    found = problem(api.post("streams", body), 400, "invalid-value")
    assert len(found["errors"]) == 20 and len(found["detail"]) <= 300


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "x", ";;;", "a" * 9000])
def test_only_json_is_given(api: Api, accept: str):
    problem(api.send("GET", "jobs", Accept=accept), 406, "not-acceptable")


def test_a_browser_may_look(api: Api):
    accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    assert api.send("GET", "jobs", Accept=accept).status_code == 200


def test_unknown_and_repeated_parameters_are_named(api: Api):
    assert wrong(api.get("jobs", state="live", limt=3)) == {
        "state": "no such parameter",
        "limt": "no such parameter",
    }
    assert wrong(api.get("/api/v1/jobs?limit=1&limit=2")) == {"limit": "must be given once"}
    assert wrong(api.get("whoami", format="xml")) == {"format": "no such parameter"}
    assert wrong(api.get("/api/v1/streams?%00=1&name=%00"))


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "jobs", {"GET", "HEAD", "POST"}),
        ("DELETE", "jobs", {"GET", "HEAD", "POST"}),
        ("POST", "whoami", {"GET", "HEAD"}),
        ("GET", "tokens", {"POST"}),
        ("OPTIONS", "jobs", {"GET", "HEAD", "POST"}),
        ("TRACE", "jobs", {"GET", "HEAD", "POST"}),
        ("BREW", "jobs", {"GET", "HEAD", "POST"}),
    ],
)
def test_wrong_method_names_the_right_ones(api: Api, method: str, path: str, allowed: set[str]):
    response = api.send(method, path)
    problem(response, 405, "method-not-allowed")
    assert {name.strip() for name in response.headers["Allow"].split(",")} == allowed


@pytest.mark.parametrize(
    "path",
    [
        "/api/",
        "/api/v1",
        "/api/v1/",
        "/api/v1/jobs/",
        "/api/v1/nothing",
        "/api/v2/jobs",
        "/api/v1/%00",
        "/api/v1/%ff%fe",
        "/api/\ud800",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_paths_that_lead_nowhere(anyone: Api, path: str, method: str):
    problem(anyone.send(method, path.encode("utf-8", "replace").decode()), 404, "not-found")


@pytest.mark.parametrize("job_id", ["x", "%00", "..%2f", "a" * 5000, "%ed%a0%80", "0" * 32, "{}", "-1"])
def test_ids_that_cannot_be_are_absent(api: Api, job_id: str):
    response = api.get(f"/api/v1/jobs/{job_id}")
    assert response.status_code == 404
    assert len(response.content) < 2000
    json.loads(response.content)


def test_unexpected_errors_tell_nothing(api: Api, caplog):
    with mock.patch("jobs.selectors.list_jobs", side_effect=RuntimeError("secret sk_12345")):
        response = api.get("jobs")
    body = problem(response, 500, "internal-error")
    assert "sk_12345" not in str(body) and "Traceback" not in str(body)
    assert any(record.exc_info for record in caplog.records)


def test_lost_database_says_try_again(api: Api):
    with mock.patch(
        "jobs.selectors.list_jobs", side_effect=OperationalError("could not connect to 10.0.0.5")
    ):
        response = api.get("jobs")
    assert "10.0.0.5" not in problem(response, 503, "database-unavailable")["detail"]
    assert int(response.headers["Retry-After"]) > 0


def test_strange_host_is_a_problem_too(settings):
    settings.ALLOWED_HOSTS = ["snap.example"]
    problem(Client().get("/api/v1/jobs", headers={"Host": "evil.example"}), 400, "bad-request")


def test_types_lead_to_an_explanation(anyone: Api):
    listed = anyone.get("/api/errors").json()["items"]
    assert {item["slug"] for item in listed} == set(all_problems())
    for item in listed:
        assert anyone.get(item["type"]).json() == item
    problem(anyone.get("/api/errors/nothing"), 404, "not-found")


def test_table_has_subclasses_above_their_bases():
    for place, (kind, _) in enumerate(TABLE):
        assert not any(issubclass(kind, above) for above, _ in TABLE[:place]), kind


def test_domain_errors_that_callers_cause_have_a_status():
    internal = {"Fenced", "NameTaken", "LinkRefused", "AlreadyPublished", "StreamIsPulled", "SnapError"}
    internal |= {"NodeBuried", "ForeignHost", "NodeAmbiguous", "NodeStopped", "LastNode"}
    for name, kind in vars(errors).items():
        if isinstance(kind, type) and issubclass(kind, errors.SnapError) and name not in internal:
            assert problem_of(kind.__new__(kind)).status < 500 or name == "StorageUnavailable", name


def test_docs_tell_of_every_problem():
    text = (Path(__file__).parents[3] / "docs" / "errors.md").read_text()
    for item in all_problems().values():
        assert f"| {item.status} | `{item.slug}` | {item.meaning} |" in text


def test_root_sends_a_browser_to_the_admin(anyone: Api):
    for method in ("GET", "HEAD"):
        response = anyone.send(method, "/")
        assert (response.status_code, response.headers["Location"]) == (302, "/admin/")
    problem(anyone.send("POST", "/", b"Action=x", "application/x-www-form-urlencoded"), 404, "not-found")
