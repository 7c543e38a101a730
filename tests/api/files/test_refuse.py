"""Links that give nothing: forged, expired, or to what is gone; each told in words of its own."""

from datetime import timedelta

import pytest

from snapplatform import clock
from snapplatform.access.models import Account
from snapplatform.storage import ledger, links
from snapplatform.storage.buckets import store_of


def refused(response, status):
    """The problem's title, after its form was checked."""
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    assert response["Cache-Control"] == "no-store"
    body = response.json()
    assert body["status"] == status
    assert body["detail"]
    return body["title"]


def tampered(url, change):
    parts = url.split("/")
    parts[2] = change(parts[2])
    return "/".join(parts)


@pytest.mark.parametrize(
    "change",
    [
        lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"),
        lambda token: ("A" if token[0] != "A" else "B") + token[1:],
        lambda token: token.split(".")[0],
        lambda token: token.split(".")[0] + ".",
        lambda token: "." + token.split(".")[1],
        lambda token: token + token,
        lambda token: "x",
        lambda token: "%00",
        lambda token: "%FF%FE.%C3%28",
        lambda token: "A" * 8000,
    ],
)
def test_a_forged_link_is_refused(client, put, change):
    response = client.get(tampered(links.sign(put()), change))
    assert refused(response, 403) == "The link is not valid"


def test_the_name_in_the_link_leads_nowhere_else(client, put):
    url = links.sign(put()).rsplit("/", 1)[0]
    assert client.get(f"{url}/other.html")["Content-Disposition"] == 'inline; filename="1.jpg"'
    assert client.get(f"{url}/..%2f..%2fetc%2fpasswd").status_code == 404


def test_the_token_of_one_object_opens_no_other_even_of_ones_own(client, put):
    first, second = put(key="1.jpg"), put(b"another", key="2.jpg")
    payload, _ = links.sign(first).split("/")[2].split(".")
    _, signature = links.sign(second).split("/")[2].split(".")
    assert refused(client.get(f"/files/{payload}.{signature}/1.jpg"), 403)


def test_an_expired_link_says_so(client, put):
    url = links.sign(put(), expires_in=60)
    with clock.hold(clock.now() + timedelta(seconds=61)):
        assert refused(client.get(url), 410) == "The link has expired"


def test_a_deleted_object_is_gone(client, put):
    item = put()
    url = links.sign(item)
    ledger.delete_objects([item.pk])
    assert refused(client.get(url), 404) == "The file is gone"


def test_an_object_whose_time_is_over_is_not_shown_while_it_waits_for_the_sweeper(client, put):
    url = links.sign(put(days=1), expires_in=10**6)
    with clock.hold(clock.now() + timedelta(days=1)):
        refused(client.get(url), 404)


def test_lost_bytes_are_gone_and_not_an_error(client, put, bucket):
    item = put()
    store_of(bucket).unlink(item.blob)
    refused(client.get(links.sign(item)), 404)


def test_a_reader_who_meets_an_overwrite_gets_the_new_bytes(client, put, bucket, monkeypatch):
    item = put(b"old", function=ledger.overwrite)
    store = store_of(bucket)
    read = store.open

    def overwritten_meanwhile(blob):
        if blob == item.blob:
            garbage = []
            put(b"new", function=ledger.overwrite)
            garbage += ledger.Garbage.objects.all()
            ledger.collect(garbage)
        return read(blob)

    monkeypatch.setattr(store, "open", overwritten_meanwhile)
    assert client.get(links.sign(item)).content == b"new"


def test_a_disabled_accounts_files_are_not_shown(client, put, account):
    url = links.sign(put())
    Account.objects.filter(pk=account.pk).update(status=Account.Status.DISABLED)
    refused(client.get(url), 404)


def test_broken_storage_is_a_problem_for_later(client, put, bucket):
    item = put()
    path = store_of(bucket).root / item.blob
    path.rename(f"{path}.away")
    path.symlink_to(f"{path}.away")
    response = client.get(links.sign(item))
    refused(response, 503)
    assert response["Retry-After"]
    assert str(path.parent) not in response.text


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_a_link_can_only_be_read(client, put, method):
    response = getattr(client, method)(links.sign(put()))
    refused(response, 405)
    assert response["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("path", ["/files/", "/files/x", "/files/a/b/c", "/files//"])
def test_other_addresses_are_explained(client, path):
    refused(client.get(path), 404)
