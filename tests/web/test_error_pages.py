"""Pages of errors look like the others, tell nothing of what is wrong inside, and lead back."""

from unittest import mock

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse

from snapplatform.access.principal import Principal
from snapplatform.api import handlers
from tests import factories
from tests.web.world import page_of


@pytest.fixture
def calm(owner_client: Client) -> Client:
    """The owner at a server that answers errors instead of raising them in the test."""
    owner_client.raise_request_exception = False
    return owner_client


def test_what_is_refused_in_the_admin_keeps_the_frame(owner_client: Client):
    response = owner_client.get(reverse("admin:cluster_node_changelist"))
    assert response.status_code == 403
    text = response.content.decode()
    assert "Not allowed" in text and "To the dashboard" in text and "nav-sidebar" in text
    assert "script-src 'self'" in response.headers["Content-Security-Policy"]


def test_what_is_not_in_the_admin_keeps_the_frame(owner_client: Client):
    response = owner_client.get("/admin/nothing/")
    assert response.status_code == 404
    assert "Nothing is here" in response.content.decode() and b"nav-sidebar" in response.content


def test_foreign_and_absent_rows_answer_the_same(owner_client: Client, stranger: Principal):
    foreign = factories.make_job(stranger)
    absent = page_of("jobs_job", foreign).replace(str(foreign.pk), "0195d7a0-0000-7000-8000-000000000001")
    answers = [owner_client.get(url) for url in (page_of("jobs_job", foreign), absent)]
    assert len({(answer.status_code, answer.headers.get("Location")) for answer in answers}) == 1


def test_other_addresses_have_a_page_too(db: None):
    response = Client().get("/nothing")
    assert response.status_code == 404
    assert "Nothing is here" in response.content.decode()


def test_a_failure_names_the_request_and_nothing_else(calm: Client):
    with mock.patch("snapplatform.web.dashboard.tiles", side_effect=RuntimeError("secret sk_12345")):
        response = calm.get("/admin/")
    assert response.status_code == 500
    text = response.content.decode()
    assert "The server failed" in text and response.headers["X-Request-ID"] in text
    assert "sk_12345" not in text and "Traceback" not in text


def test_the_page_of_a_failure_needs_no_database():
    response = handlers.server_error(RequestFactory().get("/admin/"))
    assert response.status_code == 500


def test_a_lost_form_cookie_is_explained(owner_client: Client):
    client = Client(enforce_csrf_checks=True)
    client.cookies = owner_client.cookies
    response = client.post(reverse("admin:streams_stream_add"), {"name": "x"})
    assert response.status_code == 403
    assert "load the page again" in response.content.decode()


def test_there_is_an_icon(db: None):
    response = Client().get("/favicon.ico")
    assert (response.status_code, response.headers["Location"]) == (302, "/static/web/favicon.ico")
    icon = Client().get("/static/web/favicon.ico")
    assert icon.status_code == 200
    assert b"".join(icon.streaming_content).startswith(b"\0\0\1\0")
