"""/stream-keys: shown once, revoked for good."""

from snapplatform.access.services import digest
from snapplatform.streams.models import Stream, StreamKey
from tests.api.native.client import Api, problem, wrong


def test_key_is_shown_once_and_kept_as_a_digest(api: Api):
    response = api.post("stream-keys", label="studio")
    assert (response.status_code, response.headers["Cache-Control"]) == (201, "no-store")
    body = response.json()
    assert StreamKey.objects.get(pk=body["id"]).digest == digest(body["key"])
    listed = api.get("stream-keys").json()["items"]
    assert [(item["id"], item["label"]) for item in listed] == [(body["id"], "studio")]
    assert body["key"] not in str(listed) and "key" not in listed[0]


def test_key_of_one_stream(api: Api, stream: Stream):
    api.post("stream-keys")
    body = api.post("stream-keys", stream_id=str(stream.pk)).json()
    assert body["stream_id"] == str(stream.pk)
    assert [item["id"] for item in api.get("stream-keys", stream_id=str(stream.pk)).json()["items"]] == [
        body["id"]
    ]


def test_revoked_key_is_gone(api: Api):
    key = api.post("stream-keys").json()["id"]
    assert api.delete(f"stream-keys/{key}").status_code == 204
    assert api.get("stream-keys").json()["items"] == []
    problem(api.delete(f"stream-keys/{key}"), 404, "object-not-found")


def test_bad_input(api: Api):
    assert "label" in wrong(api.post("stream-keys", label="x" * 65))
    assert "stream_id" in wrong(api.post("stream-keys", stream_id="x"))
    problem(api.delete("stream-keys/no-uuid"), 404, "object-not-found")
