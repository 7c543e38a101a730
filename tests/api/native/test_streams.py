"""/streams: registering, finding, changing, forgetting."""

import pytest

from snapplatform.access.principal import Principal
from snapplatform.streams.models import Stream
from tests import factories
from tests.api.native.client import Api, problem, wrong


def names(response) -> list[str]:
    assert response.status_code == 200, response.content
    return [item["name"] for item in response.json()["items"]]


def test_create_tells_where_to_publish(api: Api):
    response = api.post("streams", name="gate/north", title="North gate", preroll_seconds=3)
    assert response.status_code == 201
    body = response.json()
    assert body["publish_url"] == "rtmp://127.0.0.1:1935/live/gate/north"
    assert body["publish_server"] == "rtmp://127.0.0.1:1935/live"
    assert (body["state"], body["number"], body["title"], body["preroll_seconds"]) == (
        "offline",
        1,
        "North gate",
        3,
    )
    assert api.get(f"streams/{body['id']}").json() == body


def test_name_taken(api: Api, stream: Stream):
    assert "gate/north" in problem(api.post("streams", name="gate/north"), 409, "already-exists")["detail"]


@pytest.mark.parametrize("name", ["", "a//b", "../x", "a?b", "a b ", "x\ty", "a" * 256, "a\u2028b"])
def test_bad_name_gets_a_reason(api: Api, name: str):
    assert wrong(api.post("streams", name=name))["name"]


def test_all_that_is_wrong_is_told_at_once(api: Api):
    found = wrong(api.post("streams", preroll_seconds="3", titel="x"))
    assert found == {
        "name": "is required",
        "preroll_seconds": "must be a whole number",
        "titel": "no such parameter",
    }


def test_filters(api: Api, principal: Principal):
    factories.make_stream(principal, "gate/north", live=True, title="Visitors")
    factories.make_stream(principal, "gate/south")
    factories.make_stream(principal, "yard:1")
    assert names(api.get("streams")) == ["gate/north", "gate/south", "yard:1"]
    assert names(api.get("streams", state="live")) == ["gate/north"]
    assert names(api.get("streams", name="yard:1")) == ["yard:1"]
    assert names(api.get("streams", name="yard")) == []
    assert names(api.get("streams", prefix="gate/")) == ["gate/north", "gate/south"]
    assert names(api.get("streams", search="VISIT")) == ["gate/north"]


def test_percent_and_underscore_are_no_wildcards(api: Api, stream: Stream):
    assert names(api.get("streams", search="%")) == []
    assert names(api.get("streams", prefix="g_te")) == []


def test_patch_changes_what_is_named(api: Api, stream: Stream):
    body = api.patch(f"streams/{stream.pk}", title="Yard").json()
    assert (body["title"], body["preroll_seconds"]) == ("Yard", 0)
    assert api.patch(f"streams/{stream.pk}").json()["title"] == "Yard"
    assert wrong(api.patch(f"streams/{stream.pk}", name="x")) == {"name": "no such parameter"}
    assert "preroll_seconds" in wrong(api.patch(f"streams/{stream.pk}", preroll_seconds=121))


def test_delete(api: Api, stream: Stream):
    response = api.delete(f"streams/{stream.pk}")
    assert (response.status_code, response.content) == (204, b"")
    problem(api.get(f"streams/{stream.pk}"), 404, "stream-not-found")


def test_delete_refuses_live_streams_and_those_with_jobs(api: Api, principal: Principal, job):
    assert "jobs" in problem(api.delete(f"streams/{job.stream_id}"), 409, "in-use")["detail"]
    live = factories.make_stream(principal, live=True)
    assert "publisher" in problem(api.delete(f"streams/{live.pk}"), 409, "in-use")["detail"]
