"""What a link may be refused for, as RFC 9457 problem answers."""

import json

from django.http import HttpRequest, HttpResponse

from snapplatform.api.http import request_id
from snapplatform.errors import LinkRefused, NotFound, SnapError, StorageUnavailable

_TITLES = {
    403: "The link is not valid",
    404: "The file is gone",
    405: "Only GET and HEAD are possible here",
    410: "The link has expired",
    412: "The file does not meet the request's conditions",
    416: "The file has no such range",
    503: "The storage is not available",
}
RETRY_AFTER = "5"


def refuse(request: HttpRequest, error: SnapError) -> HttpResponse:
    """The answer to what the domain refused; an error that has no place here is raised again."""
    match error:
        case LinkRefused(expired=True):
            return problem(request, 410, str(error))
        case LinkRefused():
            return problem(request, 403, str(error))
        case NotFound():
            return problem(request, 404, "It was deleted, or overwritten by a newer version.")
        case StorageUnavailable():
            response = problem(request, 503, "Try again later.")
            response.headers["Retry-After"] = RETRY_AFTER
            return response
    raise error


def problem(request: HttpRequest, status: int, detail: str) -> HttpResponse:
    """One problem answer, never cached: the next try may go better."""
    body = {
        "type": "about:blank",
        "title": _TITLES[status],
        "status": status,
        "detail": detail,
        "instance": request_id(request),
    }
    response = HttpResponse(json.dumps(body), status=status, content_type="application/problem+json")
    response.headers["Cache-Control"] = "no-store"
    return response
