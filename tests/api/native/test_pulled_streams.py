"""/streams with a source: made, shown without its secrets, changed, refused in words."""

from dataclasses import replace
from ipaddress import ip_network

import pytest

from snapplatform.access.secrets import decrypt
from snapplatform.streams.models import Stream
from tests.api.native.client import Api, problem, wrong
from tests.unit.net.hostile import URLS

SECRET = "Zq9-SECRET"
URL = f"rtmp://media.example.com/live/gate/east?auth_key={SECRET}"
SHOWN = "rtmp://media.example.com/live/gate/east?***"


@pytest.fixture
def pulled(api: Api) -> dict:
    response = api.post("streams", name="east", source_url=URL)
    assert response.status_code == 201, response.content
    return response.json()


def test_a_source_is_kept_encrypted_and_shown_without_its_secrets(api: Api, pulled: dict):
    assert (pulled["kind"], pulled["source_url"], pulled["state"]) == ("pulled", SHOWN, "offline")
    assert (pulled["publish_url"], pulled["publish_server"]) == ("", "")
    row = Stream.objects.get()
    assert (row.source_url, decrypt(row.source_encrypted)) == (SHOWN, URL)
    for path in ("streams", f"streams/{pulled['id']}"):
        assert SECRET not in api.get(path).content.decode()
    assert SECRET not in str(vars(row))


def test_a_source_without_secrets_needs_no_encryption(api: Api):
    url = "rtmps://media.example.com:1443/live/a%20b"
    assert api.post("streams", name="x", source_url=url).json()["source_url"] == url
    assert Stream.objects.get().source_encrypted == ""


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("rtsp://user:Zq9-SECRET@cam.example.com/live", "rtsp://***@cam.example.com/live"),
        ("rtsps://user@cam.example.com:322/1?Zq9-SECRET", "rtsps://***@cam.example.com:322/1?***"),
        ("rtsp://cam.example.com/user=admin&password=Zq9-SECRET&channel=1", "rtsp://cam.example.com/***"),
        ("rtmp://cam.example.com/live/a?Zq9-SECRET", "rtmp://cam.example.com/live/a?***"),
        ("rtmp://cam.example.com/live?Zq9-SECRET=1", "rtmp://cam.example.com/live?***"),
    ],
)
def test_secrets_are_found_wherever_cameras_want_them(api: Api, url: str, shown: str):
    response = api.post("streams", name="cam", source_url=url)
    assert response.json()["source_url"] == shown
    assert SECRET not in response.content.decode()
    assert decrypt(Stream.objects.get().source_encrypted) == url


def test_a_changed_source_replaces_the_secret(api: Api, pulled: dict):
    body = api.patch(f"streams/{pulled['id']}", source_url="rtmp://media.example.com/live/b#frag").json()
    assert body["source_url"] == "rtmp://media.example.com/live/b?***"
    assert decrypt(Stream.objects.get().source_encrypted).endswith("/live/b#frag")
    body = api.patch(f"streams/{pulled['id']}", source_url="rtmp://media.example.com/live/c").json()
    assert body["source_url"] == "rtmp://media.example.com/live/c"
    assert Stream.objects.get().source_encrypted == ""


def test_what_was_shown_may_be_given_back(api: Api, pulled: dict):
    body = api.patch(f"streams/{pulled['id']}", source_url=SHOWN, title="East").json()
    assert (body["source_url"], body["title"]) == (SHOWN, "East")
    assert decrypt(Stream.objects.get().source_encrypted) == URL
    found = wrong(api.patch(f"streams/{pulled['id']}", source_url=SHOWN.replace("east", "west")))
    assert "secret itself" in found["source_url"]
    assert "secret itself" in wrong(api.post("streams", name="n", source_url=SHOWN))["source_url"]


def test_a_published_stream_has_no_source(api: Api, stream: Stream):
    assert api.get(f"streams/{stream.pk}").json()["source_url"] == ""
    assert "only pulled streams" in wrong(api.patch(f"streams/{stream.pk}", source_url=URL))["source_url"]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("srt://cam.example.com:9000", "srt:// is not supported yet"),
        ("http://user:pass\n@cam.example.com/a.m3u8", "control"),
        ("tcp://cam.example.com", "tcp:// needs a port"),
        ("gopher://cam.example.com/1", "must begin with rtmp:// or rtmps:// or rtsp:// or rtsps://"),
        ("rtmp://cam.example.com", "must name an application and a stream"),
        ("rtmp://user:pass@cam.example.com/live/a", "no user and password"),
        ("rtmp://cam.example.com/live/a\tb", "control"),
        ("rtmp://cam.example.com/live/" + "a" * 2048, "at most 2048 characters"),
        ("rtmp://10.1.2.3/live/a", "a private network"),
        ("rtmp://[64:ff9b::127.0.0.1]/live/a", "a relay"),
        ("rtmp://169.254.169.254/live/a", "link-local"),
        ("rtmp://127.0.0.1/live/a", "use its stream 'a' itself"),
        ("rtmp://localhost:1935/live/a/b?key=K", "use its stream 'a/b' itself"),
        ("", "must not be empty"),
    ],
)
def test_a_bad_source_is_refused_in_words(api: Api, url: str, words: str):
    response = api.post("streams", name="x", source_url=url)
    assert words in wrong(response)["source_url"]
    assert "pass@" not in response.content.decode()


def test_no_hostile_address_is_saved(api: Api):
    """Names are judged when they are looked up; everything that is written as an address is refused here."""
    saved = [
        url
        for url in (text.replace("PORT", "80") for text in URLS)
        if api.post("streams", {"name": "x", "source_url": url}).status_code == 201
    ]
    assert all("localhost" in url for url in saved), saved


def test_an_allowed_network_may_be_named(api: Api, settings):
    settings.SNAP = replace(settings.SNAP, allowed_networks=[ip_network("10.1.0.0/16")])
    assert api.post("streams", name="x", source_url="rtmp://10.1.2.3/live/a").status_code == 201
    assert (
        "private" in wrong(api.post("streams", name="y", source_url="rtmp://10.2.2.3/live/a"))["source_url"]
    )


def test_a_live_pulled_stream_may_be_deleted(api: Api, pulled: dict):
    Stream.objects.update(state="live")
    assert api.delete(f"streams/{pulled['id']}").status_code == 204


def test_lists_may_ask_for_pulled_streams(api: Api, pulled: dict, stream: Stream):
    assert [one["name"] for one in api.get("streams", kind="pulled").json()["items"]] == ["east"]
    assert [one["name"] for one in api.get("streams", kind="ingested").json()["items"]] == [stream.name]


def test_a_job_on_a_pulled_stream_starts_by_itself(api: Api, pulled: dict, job):
    given = {"name": "j", "template_id": str(job.template_id), "bucket_id": str(job.bucket_id)}
    body = api.post("jobs", {**given, "stream_name": "east"}).json()
    assert (body["status"], body["waiting"]) == ("started", "connecting")
    api.post(f"jobs/{body['id']}/stop")
    assert api.post(f"jobs/{body['id']}/start").status_code == 200
    assert "jobs" in problem(api.delete(f"streams/{pulled['id']}"), 409, "in-use")["detail"]


def test_a_job_may_name_a_source(api: Api, job):
    """Each URL is one stream, whose secret counts too."""
    given = {"template_id": str(job.template_id), "bucket_id": str(job.bucket_id)}

    def submit(url: str) -> dict:
        response = api.post("jobs", {**given, "name": "j", "source_url": url})
        assert response.status_code == 201, response.content
        assert SECRET not in response.content.decode()
        return response.json()

    first, again, other = submit(URL), submit(URL), submit(URL + "2")
    assert first["stream_name"] == "media.example.com/live/gate/east"
    assert first["source_url"] == SHOWN
    assert first["status"] == "started"
    assert again["stream_id"] == first["stream_id"] != other["stream_id"]
    assert other["stream_name"] == "media.example.com/live/gate/east-2"
    hidden = submit("rtsp://u:p@[2001:470::1]/user=admin&password=x")
    assert hidden["stream_name"] == "-2001:470::1-"
    assert hidden["source_url"] == "rtsp://***@[2001:470::1]/***"


def test_a_job_s_source_is_looked_for_in_its_own_account(api: Api, stranger: Api, job, pulled: dict):
    given = {"template_id": str(job.template_id), "bucket_id": str(job.bucket_id), "name": "j"}
    assert api.post("jobs", {**given, "source_url": URL}).json()["stream_id"] == pulled["id"]
    assert stranger.post("jobs", {**given, "source_url": URL}).status_code == 404
    assert Stream.objects.filter(kind="pulled").count() == 1
