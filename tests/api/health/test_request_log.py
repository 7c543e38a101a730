"""The request log: one JSON line a request, its id in the answer, no secret in it."""

import io
import json
import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client, RequestFactory

from snapplatform import logs
from snapplatform.api.http import client_address
from tests import factories
from tests.api.native.client import Api


@pytest.fixture
def lines() -> Iterator[Any]:
    """A function that gives the lines logged since, as the platform formats them."""
    formatter = logs.config(json=True, level="INFO")["formatters"]["snap"]
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter.pop("()")(**formatter))
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    finally:
        root.removeHandler(handler)


def test_one_line_a_request_with_the_answer_s_id(db: None, lines):
    response = Client().get("/api/v1/jobs")
    (line,) = lines()
    assert line["request_id"] == response.headers["X-Request-ID"]
    assert (line["event"], line["request"], line["code"]) == ("request_finished", "GET /api/v1/jobs", 401)
    assert (line["level"], line["ip"]) == ("info", "127.0.0.1")


def test_a_sane_id_of_the_caller_is_kept(db: None, lines):
    response = Client().get("/healthz", headers={"X-Request-ID": "deploy-42.a_B"})
    assert response.headers["X-Request-ID"] == lines()[0]["request_id"] == "deploy-42.a_B"


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "<script>", 'a"b', "\u00e9"])
def test_any_other_id_is_replaced(db: None, given: str):
    response = Client().get("/healthz", headers={"X-Request-ID": given.encode().decode("latin-1")})
    assert re.fullmatch(r"[0-9a-f-]{36}", response.headers["X-Request-ID"])


def test_every_kind_of_answer_has_an_id(db: None, settings):
    settings.ALLOWED_HOSTS = ["testserver"]
    for path in ("/", "/admin/login/", "/nothing", "/api/nothing", "/files/x", "/metrics", "/static/x.css"):
        assert Client().get(path).headers["X-Request-ID"]
    assert Client().get("/api/v1/jobs", headers={"Host": "evil"}).headers["X-Request-ID"]


def test_no_secret_is_logged(db: None, lines):
    api = Api(factories.make_user(is_root=True))
    credentials = api.headers["Authorization"].split()[1]
    key = api.post("stream-keys", label="x").json()["key"]
    api.get("/api/v1/jobs?Signature=s3cr3t&key=" + key)
    api.post("tokens", login=api.user.login, password="a password of tests")
    api.send("POST", "tokens", b'{"login": "a", "password": "hunter2"', "application/json")
    Client().get("/files/s3cr3t-token/x.jpg?token=s3cr3t")
    text = json.dumps(lines())
    assert text.count("request_finished") == 5
    for secret in (credentials, key, "s3cr3t", "a password of tests", "hunter2", "Signature"):
        assert secret not in text


def test_noise_is_no_error_and_failures_have_a_trace(db: None, lines, settings, monkeypatch):
    settings.ALLOWED_HOSTS = ["testserver"]
    client = Client(raise_request_exception=False)
    client.get("/wp-login.php")
    client.get("/api/v1/nothing")
    client.get("/api/v1/jobs", headers={"Host": "evil"})
    assert {line["level"] for line in lines()} == {"info"}
    api = Api(factories.make_user())
    monkeypatch.setattr("jobs.selectors.list_jobs", lambda **_: 1 / 0)
    request_id = api.get("jobs").headers["X-Request-ID"]
    failed = [line for line in lines() if line["level"] == "error"]
    assert {line["request_id"] for line in failed} == {request_id}
    assert "ZeroDivisionError" in failed[0]["exception"]


def test_who_asked_is_in_the_line(db: None, lines):
    user = factories.make_user()
    Api(user).get("jobs")
    client = Client()
    client.force_login(factories.make_user(user.account, is_staff=True, is_superuser=True))
    client.get("/admin/")
    first, second = lines()
    assert (first["user_id"], first["account_id"]) == (str(user.pk), str(user.account_id))
    assert second["account_id"] == first["account_id"] and second["user_id"] != first["user_id"]


@pytest.mark.parametrize(
    ("remote", "forwarded", "address"),
    [
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.2", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.2", "6.6.6.6, 198.51.100.1, 10.0.0.3", "198.51.100.1"),
        ("10.0.0.2", "", "10.0.0.2"),
        ("", "198.51.100.1", ""),
    ],
)
def test_forwarded_addresses_are_believed_from_trusted_proxies_only(
    settings, remote: str, forwarded: str, address: str
):
    settings.SNAP = replace(django_settings.SNAP, trusted_proxies=[ip_network("10.0.0.0/8")])
    request = RequestFactory().get("/", REMOTE_ADDR=remote, HTTP_X_FORWARDED_FOR=forwarded)
    assert client_address(request) == address
