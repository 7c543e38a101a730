"""A limit on every body, before Django sees it: it would write an endless chunked one to disk first."""

import json
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]

MAX_BODY = 16 * 1024 * 1024  # far above what any API takes; each API has its own, smaller limit


class _TooLarge(Exception):
    """The body went beyond the limit while it was being received."""


class BodyLimit:
    """ASGI: answers 413 to bodies above MAX_BODY, whether they say their length or not."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        if _declared(scope) > MAX_BODY:
            return await _refuse(send)
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > MAX_BODY:
                raise _TooLarge
            return message

        try:
            await self.app(scope, counted, send)
        except _TooLarge:  # Django reads the whole body before it answers, so nothing was sent yet
            await _refuse(send)


def _declared(scope: dict[str, Any]) -> int:
    text = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    return int(text) if text.isdigit() else 0


async def _refuse(send: Send) -> None:
    request_id = str(uuid.uuid4())
    body = {
        "type": "/api/errors/body-too-large",
        "title": "Body too large",
        "status": 413,
        "detail": f"A request's body may have {MAX_BODY // 1024**2} MiB.",
        "instance": request_id,
    }
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"x-request-id", request_id.encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})
