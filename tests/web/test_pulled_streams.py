"""Pulled streams in the admin: made, changed, and never shown with their secrets."""

import html

from django.test import Client
from django.urls import reverse

from snapplatform.access.principal import Principal
from snapplatform.access.secrets import decrypt
from snapplatform.streams.models import Stream
from tests import factories
from tests.web.world import page_of

URL = "rtmp://media.example.com/live/east?token=ADMIN-SECRET"
SHOWN = "rtmp://media.example.com/live/east?***"
ADD = reverse("admin:streams_stream_add")


def form(**fields: object) -> dict[str, object]:
    return {"name": "east", "title": "", "preroll_seconds": 0, **fields}


def test_a_pulled_stream_is_made_and_its_secret_never_shown(owner_client: Client):
    page = owner_client.post(ADD, form(source_url=URL), follow=True).content.decode()
    stream = Stream.objects.get()
    assert (stream.kind, stream.source_url, decrypt(stream.source_encrypted)) == ("pulled", SHOWN, URL)
    change = page_of("streams_stream", stream)
    pages = [page, *(owner_client.get(url).content.decode() for url in (change, f"{change}?_popup=1"))]
    pages.append(owner_client.get(reverse("admin:streams_stream_changelist")).content.decode())
    assert all("ADMIN-SECRET" not in text for text in pages)
    assert SHOWN in html.unescape(page)
    assert "How to publish" not in page


def test_saving_without_touching_the_source_keeps_its_secret(owner_client: Client, who: Principal):
    stream = factories.make_stream(who, "east", source_url=URL)
    page = page_of("streams_stream", stream)
    owner_client.post(page, {"title": "East", "preroll_seconds": 0, "source_url": SHOWN})
    stream.refresh_from_db()
    assert (stream.title, decrypt(stream.source_encrypted)) == ("East", URL)
    owner_client.post(page, {"title": "East", "preroll_seconds": 0, "source_url": URL + "2"})
    stream.refresh_from_db()
    assert decrypt(stream.source_encrypted) == URL + "2"


def test_a_bad_source_is_told_at_its_field(owner_client: Client):
    response = owner_client.post(ADD, form(source_url="rtmp://192.168.1.9/live/a"))
    assert "private network" in response.context["adminform"].form.errors["source_url"][0]
    assert not Stream.objects.exists()


def test_without_a_source_it_is_published_to_us(owner_client: Client):
    page = owner_client.post(ADD, form(source_url=""), follow=True).content.decode()
    assert Stream.objects.get().kind == "ingested"
    assert "How to publish" in page
    assert 'name="source_url"' not in page


def test_an_opening_stream_says_why(owner_client: Client, who: Principal):
    stream = factories.make_stream(who, "east", source_url=URL)
    Stream.objects.update(state="opening", offline_reason="connection refused")
    assert "Now: connection refused." in owner_client.get(page_of("streams_stream", stream)).content.decode()
    assert "OPENING" in owner_client.get(reverse("admin:streams_stream_changelist")).content.decode()
