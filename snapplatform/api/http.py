"""What all HTTP APIs share: request ids, callers' addresses, and a request log that holds no secret."""

import ipaddress
import re
import uuid

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django_structlog.middlewares import RequestMiddleware

from snapplatform.access.models import User
from snapplatform.access.principal import Principal

REQUEST_ID_HEADER = "X-Request-ID"
_LINK_TOKEN = re.compile(r"^/files/[^/]+")
_SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def request_id(request: HttpRequest) -> str:
    """The id that this request's log lines carry; answers give it back in X-Request-ID."""
    return str(request.META.get("HTTP_X_REQUEST_ID", ""))


def client_address(request: HttpRequest) -> str:
    """The caller's IP address. X-Forwarded-For is believed only as far as SNAP_TRUSTED_PROXIES wrote it."""
    address = str(request.META.get("REMOTE_ADDR", ""))
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    while hops and _is_trusted(address):
        address = hops.pop()
    return address[:64]


def _is_trusted(address: str) -> bool:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(ip in network for network in settings.SNAP.trusted_proxies)


class RequestLog(RequestMiddleware):
    """One line a request with its id. The query string stays out: it may hold signatures and stream keys.

    Stands first, so that every answer, a refused Host included, carries X-Request-ID.
    """

    def prepare(self, request: HttpRequest) -> None:
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        request.META["HTTP_X_REQUEST_ID"] = given if _SANE_ID.fullmatch(given) else str(uuid.uuid4())
        request.__dict__.pop("headers", None)  # a cached copy would still hold the caller's own text
        super().prepare(request)

    def handle_response(self, request: HttpRequest, response: HttpResponse) -> None:
        response.headers[REQUEST_ID_HEADER] = request_id(request)
        super().handle_response(request, response)

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        # A signed link opens its file for whoever reads the log.
        return f"{request.method} {_LINK_TOKEN.sub('/files/...', request.path)}"

    @staticmethod
    def bind_user_id(request: HttpRequest) -> None:
        """Who is asking, if somebody has looked already: to look into every session would cost a query."""
        user: object = request.__dict__.get("user")
        if isinstance(user, Principal):
            structlog.contextvars.bind_contextvars(account_id=str(user.account_id), user_id=str(user.user_id))
        elif isinstance(person := request.__dict__.get("_cached_user"), User):
            structlog.contextvars.bind_contextvars(account_id=str(person.account_id), user_id=str(person.pk))

    @classmethod
    def bind_ip(cls, request: HttpRequest) -> None:
        structlog.contextvars.bind_contextvars(ip=client_address(request))
