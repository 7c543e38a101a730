"""Signed links: what was signed comes back, anything else is forged, and time ends them."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.core.signing import Signer
from hypothesis import given
from hypothesis import strategies as st

from snapplatform import clock
from snapplatform.errors import LinkRefused
from snapplatform.storage import links
from snapplatform.storage.models import StoredObject

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def an_object(**fields):
    return StoredObject(key="shots/кадр 1.jpg", sha256="ab" * 32, **fields)


def token_of(path):
    return path.split("/")[2]


def test_a_link_names_its_object_and_its_end():
    item = an_object()
    with clock.hold(NOON):
        path = links.sign(item, expires_in=60)
        link = links.check(token_of(path))
    assert path.startswith("/files/")
    assert path.endswith("/%D0%BA%D0%B0%D0%B4%D1%80%201.jpg")
    assert link == links.Link(item.pk, NOON + timedelta(seconds=60), "")


def test_a_link_ends_to_the_second():
    with clock.hold(NOON):
        token = token_of(links.sign(an_object(), expires_in=60))
    with clock.hold(NOON + timedelta(seconds=59)):
        links.check(token)
    with clock.hold(NOON + timedelta(seconds=60)), pytest.raises(LinkRefused) as caught:
        links.check(token)
    assert caught.value.expired


def test_a_link_to_one_version_shows_no_other():
    item, other = an_object(), an_object()
    other.sha256 = "cd" * 32
    newest = links.check(token_of(links.sign(item)))
    fixed = links.check(token_of(links.sign(item, this_version=True)))
    assert newest.shows(item)
    assert newest.shows(other)
    assert fixed.shows(item)
    assert not fixed.shows(other)


def test_every_changed_character_is_noticed():
    token = token_of(links.sign(an_object()))
    for place, character in enumerate(token):
        for other in {"A", "b", ".", "-", "~"} - {character}:
            changed = token[:place] + other + token[place + 1 :]
            with pytest.raises(LinkRefused) as caught:
                links.check(changed)
            assert not caught.value.expired


def test_a_later_end_cannot_be_written_in():
    with clock.hold(NOON):
        payload, signature = token_of(links.sign(an_object(), expires_in=1)).split(".")
    facts = json.loads(base64.urlsafe_b64decode(payload + "=="))
    facts[1] += 10_000_000_000
    longer = base64.urlsafe_b64encode(json.dumps(facts, separators=(",", ":")).encode()).decode().rstrip("=")
    with pytest.raises(LinkRefused):
        links.check(f"{longer}.{signature}")


def test_another_signature_of_the_site_is_no_link():
    facts = [an_object().pk.hex, 10**10, ""]
    with pytest.raises(LinkRefused):
        links.check(Signer(salt="something.else", sep=".").sign_object(facts))


def test_links_of_one_site_are_worth_nothing_on_another(settings):
    token = token_of(links.sign(an_object()))
    settings.SECRET_KEY = "another"
    with pytest.raises(LinkRefused):
        links.check(token)
    settings.SECRET_KEY_FALLBACKS = ["third"]
    with pytest.raises(LinkRefused):
        links.check(token)


@given(st.text(max_size=300))
def test_any_text_is_refused_calmly(text):
    with pytest.raises(LinkRefused):
        links.check(text)
