"""A caller of the native API: credentials on every request, JSON in and out."""

import base64
import json
from typing import Any

from django.test import Client

from snapplatform.access.models import User
from snapplatform.access.principal import principal_of
from snapplatform.access.services import create_access_key


def basic(key_id: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{key_id}:{secret}".encode()).decode()


class Api:
    """`api.get("jobs", status="init")`; answers are Django's test responses."""

    def __init__(self, user: User | None = None) -> None:
        self.user = user
        self.client = Client(raise_request_exception=False)
        self.headers: dict[str, str] = {}
        if user is not None:
            key, secret = create_access_key(principal=principal_of(user), user=user)
            self.headers["Authorization"] = basic(key.pk, secret)

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(self._url(path), query, headers=self.headers)

    def post(self, path: str, body: Any = None, **fields: Any) -> Any:
        return self.send("POST", path, fields if body is None else body)

    def patch(self, path: str, **fields: Any) -> Any:
        return self.send("PATCH", path, fields)

    def delete(self, path: str) -> Any:
        return self.client.delete(self._url(path), headers=self.headers)

    def send(
        self, method: str, path: str, body: Any = b"", content_type: str = "application/json", **headers: str
    ) -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.client.generic(
            method, self._url(path), raw, content_type, headers={**self.headers, **headers}
        )

    @staticmethod
    def _url(path: str) -> str:
        return path if path.startswith("/") else f"/api/v1/{path}"


def problem(response: Any, status: int, slug: str) -> dict[str, Any]:
    """The problem that the response must be; checks what all problems share."""
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/problem+json"
    body = dict(json.loads(response.content))
    assert body["type"] == f"/api/errors/{slug}"
    assert body["status"] == status
    assert body["title"] and body["detail"]
    assert body["instance"] == response.headers["X-Request-ID"]
    return body


def wrong(response: Any) -> dict[str, str]:
    """The wrong parameters of a 400, with their reasons."""
    return {item["parameter"]: item["reason"] for item in problem(response, 400, "invalid-value")["errors"]}
