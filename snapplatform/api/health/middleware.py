"""Counts and times every HTTP request, with labels of few values: routes, never paths."""

import time
from collections.abc import Awaitable, Callable
from typing import cast

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse

from snapplatform import metrics

_METHODS = {"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"}
# The first path segment names the API; the admin has too many routes to tell apart.
_APIS = {"api": "native", "files": "files", "admin": "admin", "static": "static"}
_ONE_ROUTE = {"admin", "static"}
_HEALTH = {"healthz", "readyz", "metrics"}
Answer = Callable[[HttpRequest], HttpResponse | Awaitable[HttpResponse]]


class HttpMetrics:
    """Works in both kinds of chains, so that async views stay on the event loop."""

    sync_capable = async_capable = True

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponse | Awaitable[HttpResponse]:
        if self._is_async:
            return self._later(request)
        started = time.perf_counter()
        response = cast(HttpResponse, self.get_response(request))
        _record(request, response, time.perf_counter() - started)
        return response

    async def _later(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        response = await cast("Awaitable[HttpResponse]", self.get_response(request))
        _record(request, response, time.perf_counter() - started)
        return response


def _record(request: HttpRequest, response: HttpResponse, seconds: float) -> None:
    api, route = _labels(request)
    method = request.method if request.method in _METHODS else "OTHER"
    metrics.HTTP_REQUESTS.labels(api, method, route, response.status_code).inc()
    metrics.HTTP_SECONDS.labels(api, method, route).observe(seconds)


def _labels(request: HttpRequest) -> tuple[str, str]:
    first = request.path.lstrip("/").partition("/")[0]
    api = "health" if first in _HEALTH else _APIS.get(first, "other")
    if api in _ONE_ROUTE:
        return api, f"/{first}/"
    match = request.resolver_match
    return api, f"/{match.route}" if match else "unmatched"
