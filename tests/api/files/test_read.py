"""Reading a stored object: whole, in parts, conditionally, for a browser."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from django.utils.http import http_date

from snapplatform import clock
from snapplatform.api.files import body
from snapplatform.storage import ledger, links

DATA = b"0123456789"
ETAG = f'"{hashlib.sha256(DATA).hexdigest()}"'
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
def url(put):
    return links.sign(put())


def test_a_link_needs_no_sign_in_and_gives_the_bytes(client, url):
    response = client.get(url)
    assert response.status_code == 200
    assert response.content == DATA
    assert response["Content-Type"] == "image/jpeg"
    assert response["Content-Length"] == "10"
    assert response["ETag"] == ETAG
    assert response["Accept-Ranges"] == "bytes"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response["Content-Disposition"] == 'inline; filename="1.jpg"'
    assert not response.cookies
    assert "Cookie" not in response.get("Vary", "")


def test_head_tells_everything_but_the_bytes(client, url):
    response = client.head(url, HTTP_RANGE="bytes=0-1")
    assert response.status_code == 200
    assert response.content == b""
    assert response["Content-Length"] == "10"
    assert response["ETag"] == ETAG


@pytest.mark.parametrize(
    ("asked", "got", "where"),
    [
        ("bytes=0-3", b"0123", "bytes 0-3/10"),
        ("bytes=4-", b"456789", "bytes 4-9/10"),
        ("bytes=-3", b"789", "bytes 7-9/10"),
        ("bytes=9-100", b"9", "bytes 9-9/10"),
        ("bytes=-100", DATA, "bytes 0-9/10"),
    ],
)
def test_a_range_gives_that_part(client, url, asked, got, where):
    response = client.get(url, HTTP_RANGE=asked)
    assert (response.status_code, response.content, response["Content-Range"]) == (206, got, where)
    assert response["Content-Length"] == str(len(got))
    assert response["ETag"] == ETAG


def test_a_range_beyond_the_end_is_told_the_size(client, url):
    response = client.get(url, HTTP_RANGE="bytes=10-")
    assert response.status_code == 416
    assert response["Content-Range"] == "bytes */10"
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("asked", ["bytes=0-1,4-5", "pages=1-2", "bytes=x-"])
def test_other_ranges_give_the_whole_file(client, url, asked):
    response = client.get(url, HTTP_RANGE=asked)
    assert (response.status_code, response.content) == (200, DATA)


@pytest.mark.parametrize(
    ("condition", "status"), [(ETAG, 206), ('"other"', 200), (f"W/{ETAG}", 200), ("nonsense", 200)]
)
def test_if_range_gives_a_part_only_of_the_same_bytes(client, url, condition, status):
    assert client.get(url, HTTP_RANGE="bytes=0-3", HTTP_IF_RANGE=condition).status_code == status


def test_if_range_by_date_counts_once_that_second_is_over(client, put):
    with clock.hold(NOON):
        url = links.sign(put())
        headers = {"HTTP_RANGE": "bytes=0-3", "HTTP_IF_RANGE": http_date(NOON.timestamp())}
        assert client.get(url, **headers).status_code == 200
    with clock.hold(NOON + timedelta(seconds=5)):
        assert client.get(url, **headers).status_code == 206


def test_a_browser_that_has_it_gets_no_bytes(client, url):
    response = client.get(url, HTTP_IF_NONE_MATCH=f'"x", {ETAG}')
    assert (response.status_code, response.content) == (304, b"")
    assert response["ETag"] == ETAG
    assert "max-age" in response["Cache-Control"]
    modified = client.get(url)["Last-Modified"]
    assert client.get(url, HTTP_IF_MODIFIED_SINCE=modified).status_code == 304
    assert client.get(url, HTTP_IF_NONE_MATCH='"x"', HTTP_IF_MODIFIED_SINCE=modified).status_code == 200


def test_a_wrong_if_match_is_a_problem(client, url):
    response = client.get(url, HTTP_IF_MATCH='"x"')
    assert (response.status_code, response["Content-Type"]) == (412, "application/problem+json")


def test_nothing_is_cached_beyond_the_link_or_the_object(client, put):
    with clock.hold(NOON):
        item = put(days=1)
        assert client.get(links.sign(item, expires_in=100))["Cache-Control"] == "private, max-age=100"
        assert client.get(links.sign(item, expires_in=10**6))["Cache-Control"] == "private, max-age=86400"


def test_an_overwritten_picture_is_asked_for_again_each_time(client, put):
    url = links.sign(put(b"old", function=ledger.overwrite))
    fixed = links.sign(put(b"new", function=ledger.overwrite), this_version=True)
    response = client.get(url)
    assert response.content == b"new"
    assert response["Cache-Control"] == "private, no-cache"
    assert "max-age" in client.get(fixed)["Cache-Control"]
    put(b"newer", function=ledger.overwrite)
    assert client.get(url).content == b"newer"
    assert client.get(fixed).status_code == 404


def test_download_saves_it_under_the_keys_last_part(client, put):
    url = links.sign(put(key='a/b/кадр "1".jpg'))
    disposition = client.get(url, {"download": "1"})["Content-Disposition"]
    assert disposition == "attachment; filename*=utf-8''%D0%BA%D0%B0%D0%B4%D1%80%20%221%22.jpg"
    assert client.get(url)["Content-Disposition"].startswith("inline; ")


@pytest.mark.parametrize("content_type", ["text/html", "image/svg+xml", "application/octet-stream"])
def test_only_pictures_are_shown_in_the_browser(client, put, content_type):
    response = client.get(links.sign(put(content_type=content_type)))
    assert response["Content-Disposition"].startswith("attachment")


def test_an_empty_object_can_be_read(client, put):
    response = client.get(links.sign(put(b"")))
    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("size", [body.WHOLE, body.WHOLE + 1, 3 * body.WHOLE + 7])
async def test_big_files_come_in_pieces_with_all_their_bytes(async_client, principal, put, size):
    data = bytes(range(256)) * (size // 256) + b"z" * (size % 256)
    url = links.sign(await sync_to_async(put)(data))
    response = await async_client.get(url)
    assert response["Content-Length"] == str(size)
    assert response.streaming == (size > body.WHOLE)
    pieces = [piece async for piece in response] if response.streaming else [response.content]
    assert max(map(len, pieces)) <= body.WHOLE
    assert b"".join(pieces) == data
    part = await async_client.get(url, headers={"Range": "bytes=5-9"})
    assert (part.status_code, part.content) == (206, data[5:10])
    await sync_to_async(connections.close_all)()  # the thread's own, which would outlive the test
