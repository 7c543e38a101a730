"""Problem answers (RFC 9457) for whatever was raised while a request was served."""

import json
import logging
import math
from typing import Any

from django.http import HttpRequest, HttpResponse
from rest_framework import exceptions as drf
from rest_framework.exceptions import ErrorDetail

from snapplatform.api.http import request_id
from snapplatform.api.native.errors import INTERNAL, NO_DATABASE, Problem, problem_of
from snapplatform.errors import InvalidValue, InvalidValues, SnapError, Unauthenticated

MEDIA_TYPE = "application/problem+json"
CHALLENGE = 'Basic realm="snapplatform", charset="UTF-8", Bearer realm="snapplatform"'
RETRY_AFTER = 5
_MAX_DETAIL = 300
_MAX_ERRORS = 20
log = logging.getLogger("snapplatform.api")


def handle(error: Exception, context: dict[str, Any]) -> HttpResponse:
    """DRF's exception handler: whatever was raised in a view becomes a problem answer, never a traceback."""
    return answer(context["request"]._request, error)


def answer(request: HttpRequest, error: BaseException) -> HttpResponse:
    """The problem answer to `request` for `error`; what nobody expected is logged with its trace."""
    problem = problem_of(error)
    if problem.status >= 500:
        log.error("%s %s failed", request.method, request.path, exc_info=error)
    response = respond(request, problem, _detail(error, problem), _errors(error))
    for name, value in _headers(error, problem).items():
        response.headers[name] = value
    return response


def respond(
    request: HttpRequest, problem: Problem, detail: str = "", errors: list[dict[str, str]] | None = None
) -> HttpResponse:
    body: dict[str, Any] = {
        "type": problem.type,
        "title": problem.title,
        "status": problem.status,
        "detail": detail or problem.meaning,
        "instance": request_id(request),
    }
    if errors:
        body["errors"] = errors
    # ASCII escapes keep lone surrogates of an echoed id from breaking the encoder.
    return HttpResponse(json.dumps(body), status=problem.status, content_type=MEDIA_TYPE)


def _detail(error: BaseException, problem: Problem) -> str:
    """Words for a person. Only our own errors' and DRF's text is shown, never an unknown exception's."""
    if problem in (INTERNAL, NO_DATABASE):
        return problem.meaning
    if isinstance(error, drf.ValidationError):
        return _cut(_joined(error))
    if isinstance(error, SnapError):
        return _cut(_joined(error) or str(error))
    if isinstance(error, drf.APIException):
        return _cut(str(error.detail))
    return problem.meaning


def _joined(error: BaseException) -> str:
    return "; ".join(f"{item['parameter']}: {item['reason']}" for item in _errors(error))


def _errors(error: BaseException) -> list[dict[str, str]]:
    if isinstance(error, drf.ValidationError):
        return _flatten("", error.detail)[:_MAX_ERRORS]
    if isinstance(error, InvalidValues):
        return [_one(item) for item in error.problems[:_MAX_ERRORS]]
    return [_one(error)] if isinstance(error, InvalidValue) else []


def _one(error: InvalidValue) -> dict[str, str]:
    return {"parameter": _cut(error.parameter), "reason": _cut(error.reason)}


def _flatten(path: str, detail: Any) -> list[dict[str, str]]:
    """DRF's nested error details as a flat list: {"a": {"b": ["bad"]}} is parameter a.b."""
    if isinstance(detail, dict):
        inside = f"{path}." if path else ""
        return [item for key, value in detail.items() for item in _flatten(f"{inside}{key}", value)]
    if isinstance(detail, list):
        return [item for value in detail for item in _flatten(path, value)]
    return [{"parameter": _cut(path), "reason": _cut(str(ErrorDetail(detail)))}]


def _headers(error: BaseException, problem: Problem) -> dict[str, str]:
    if isinstance(error, Unauthenticated):
        return {"WWW-Authenticate": CHALLENGE}
    if isinstance(error, drf.Throttled):
        return {"Retry-After": str(max(1, math.ceil(getattr(error, "wait", None) or 1)))}
    return {"Retry-After": str(RETRY_AFTER)} if problem.status == 503 else {}


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_DETAIL else text[: _MAX_DETAIL - 1] + "…"
