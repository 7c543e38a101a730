"""A small client of the native API, with nothing but Python's own library: also an example for a newcomer."""

import base64
import json
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlencode

_SECONDS = 20.0


class ApiRefused(Exception):
    """The API answered with a problem, or not at all; the text says what it said."""


class Client:
    """JSON over HTTP, signed in with an access key (HTTP Basic)."""

    def __init__(self, base: str, key_id: str = "", secret: str = "") -> None:
        self.base = base
        credentials = base64.b64encode(f"{key_id}:{secret}".encode()).decode()
        self._headers = {"Authorization": f"Basic {credentials}"} if key_id else {}

    def get(self, path: str, **query: object) -> Any:
        """GET /api/v1/<path>. Raises ApiRefused."""
        text = f"?{urlencode(query)}" if query else ""
        return json.loads(self._answer(f"{self.base}/api/v1/{path}{text}"))

    def post(self, path: str, body: dict[str, object] | None = None) -> Any:
        """POST JSON to /api/v1/<path>. Raises ApiRefused."""
        return json.loads(self._answer(f"{self.base}/api/v1/{path}", json.dumps(body or {}).encode()))

    def bytes_of(self, url: str) -> bytes:
        """What a link holds; a signed one needs no signing in. Raises ApiRefused."""
        return self._answer(url)

    def _answer(self, url: str, body: bytes | None = None) -> bytes:
        headers = dict(self._headers) if url.startswith(f"{self.base}/api/") else {}
        if body is not None:
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(url, body, headers)  # noqa: S310 - our own address
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                said = error.read().decode("utf-8", "replace")[:500]
            raise ApiRefused(f"{request.get_method()} {url}: {error.code} {said}") from error
        except OSError as error:
            raise ApiRefused(f"{request.get_method()} {url}: {error}") from error
