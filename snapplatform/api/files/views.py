"""The one view: a good link and what the request asks of it become bytes, a part of them, or a short no."""

import logging
from contextlib import ExitStack, suppress
from datetime import timedelta
from typing import BinaryIO

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header, http_date

from snapplatform import clock
from snapplatform.access.models import Account
from snapplatform.api.files import body, ranges
from snapplatform.api.files.problems import problem, refuse
from snapplatform.errors import BlobNotFound, NotFound, SnapError
from snapplatform.storage import links
from snapplatform.storage.buckets import store_of
from snapplatform.storage.models import StoredObject

log = logging.getLogger("snapplatform.api")

# Shown in the browser's window; everything else is saved, whatever it claims to be.
SHOWN = ("image/jpeg", "image/png", "image/webp")


def show(request: HttpRequest, token: str, name: str) -> HttpResponseBase:
    """GET and HEAD with ranges and conditions (RFC 9110); `?download=1` saves instead of showing."""
    if request.method not in ("GET", "HEAD"):
        response = problem(request, 405, "A link can only be read.")
        response.headers["Allow"] = "GET, HEAD"
        return response
    try:
        return _answer(request, token)
    except SnapError as error:
        return refuse(request, error)


def nothing(request: HttpRequest) -> HttpResponse:
    """Any other address below /files/."""
    return problem(request, 404, "A link to a file has two parts: /files/TOKEN/NAME.")


def _answer(request: HttpRequest, token: str) -> HttpResponseBase:
    link = links.check(token)
    item, file = _open(link)
    with ExitStack() as stack:
        stack.callback(file.close)
        headers = _headers(request, link, item)
        early = _conditions(request, item, headers)
        if early is not None:
            return early
        try:
            part = _range(request, item, headers)
        except ranges.RangeNotSatisfiable:
            response = problem(request, 416, f"It has {item.size} bytes.")
            response.headers["Content-Range"] = f"bytes */{item.size}"
            return response
        start, stop = part or (0, item.size)
        if part:
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{item.size}"
        if request.method == "HEAD":
            return HttpResponse(headers={**headers, "Content-Length": str(item.size)})
        stack.pop_all()  # from here the answer owns the file
        whole = body.respond(file, start, stop, 206 if part else 200)
        for key, value in headers.items():
            whole.headers[key] = value
        return whole


def _open(link: links.Link) -> tuple[StoredObject, BinaryIO]:
    """The object and its bytes. An overwrite may delete the blob between the two reads; look again."""
    rows = StoredObject.objects.select_related("bucket").filter(account__status=Account.Status.ACTIVE)
    tried = ""
    while True:
        item = rows.filter(pk=link.object_id).first()
        if item is None or not link.shows(item) or (item.expires_at and item.expires_at <= clock.now()):
            break
        if item.blob == tried:
            log.error("object %s has no file %s", item.pk, item.blob)
            break
        tried = item.blob
        with suppress(BlobNotFound):
            return item, store_of(item.bucket).open(item.blob)
    raise NotFound("file")


def _headers(request: HttpRequest, link: links.Link, item: StoredObject) -> dict[str, str]:
    ends = min(link.ends_at, item.expires_at) if item.expires_at else link.ends_at
    seconds = max(0, int((ends - clock.now()).total_seconds()))
    fixed = link.version or not item.overwritable
    saved = item.content_type not in SHOWN or request.GET.get("download") == "1"
    return {
        "Content-Type": item.content_type,
        "Content-Disposition": content_disposition_header(saved, links.name_of(item)) or "inline",
        "ETag": f'"{item.sha256}"',
        "Last-Modified": http_date(item.modified_at.timestamp()),
        "Accept-Ranges": "bytes",
        "Cache-Control": f"private, max-age={seconds}" if fixed else "private, no-cache",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }


def _conditions(request: HttpRequest, item: StoredObject, headers: dict[str, str]) -> HttpResponseBase | None:
    """304 or 412 when the request's conditions say so (RFC 9110, 13.2.2)."""
    go_on = HttpResponse(headers=headers)
    modified = int(item.modified_at.timestamp())
    answer = get_conditional_response(request, etag=headers["ETag"], last_modified=modified, response=go_on)
    if answer is None or answer is go_on:
        return None
    if answer.status_code == 412:
        return problem(request, 412, "It was changed meanwhile.")
    return answer


def _range(request: HttpRequest, item: StoredObject, headers: dict[str, str]) -> tuple[int, int] | None:
    """The part asked for, or None for all. Raises RangeNotSatisfiable."""
    wanted = request.headers.get("Range")
    if wanted is None or request.method != "GET":
        return None
    condition = request.headers.get("If-Range")
    if condition is not None and condition != headers["ETag"]:
        # A date only proves sameness once the second it names is over (RFC 9110, 8.8.2.2).
        settled = clock.now() - item.modified_at > timedelta(seconds=2)
        if not (settled and condition == headers["Last-Modified"]):
            return None
    return ranges.parse(wanted, item.size)
