"""Over real sockets through uvicorn, where bodies may come in chunks and heads may be anything."""

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import uvicorn
from django.db import connections

from snapplatform.api import bodies
from snapplatform.asgi import application
from tests import factories
from tests.api.native.client import Api


@dataclass
class Server:
    port: int
    authorization: str

    def send(self, method: str, path: str, body: Any = None, **options: Any) -> tuple[int, Any, Any]:
        """(status, headers, JSON). A body given as an iterator is sent in chunks, without Content-Length."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            headers = {"Authorization": self.authorization, "Content-Type": "application/json"}
            connection.request(method, path, body, headers | options.pop("headers", {}), **options)
            response = connection.getresponse()
            raw = response.read()
            return response.status, response.headers, json.loads(raw) if raw else None
        finally:
            connection.close()

    def raw(self, data: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as client:
            client.sendall(data)
            found = b""
            while piece := client.recv(65536):
                found += piece
            return found


@pytest.fixture
def server(transactional_db: None) -> Iterator[Server]:
    api = Api(factories.make_user(is_root=True))
    # Threads of the server would keep their connections, and PostgreSQL then can't drop the test database.
    options = connections["default"].settings_dict
    kept, options["CONN_MAX_AGE"] = options["CONN_MAX_AGE"], 0
    listening = socket.create_server(("127.0.0.1", 0))
    running = uvicorn.Server(uvicorn.Config(application, log_config=None, access_log=False, lifespan="off"))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield Server(listening.getsockname()[1], api.headers["Authorization"])
    finally:
        running.should_exit = True
        thread.join(20)
        listening.close()
        options["CONN_MAX_AGE"] = kept
        assert not thread.is_alive()


def chunks(data: bytes, size: int = 7) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def test_a_chunked_body_is_read(server: Server):
    body = json.dumps({"name": "every 5 s", "interval": 5, "overwrite_format": "{JobId}.jpg"}).encode()
    status, _, made = server.send("POST", "/api/v1/templates", chunks(body), encode_chunked=True)
    assert (status, made["name"]) == (201, "every 5 s")


def test_a_chunked_body_has_the_same_limits(server: Server):
    status, headers, found = server.send(
        "POST", "/api/v1/streams", chunks(b" " * (1024 * 1024 + 1), 65536), encode_chunked=True
    )
    assert (status, found["type"]) == (413, "/api/errors/body-too-large")
    assert headers["Content-Type"] == "application/problem+json"
    status, _, found = server.send("POST", "/api/v1/streams", chunks(b'{"name":'), encode_chunked=True)
    assert (status, found["type"]) == (400, "/api/errors/malformed-json")
    status, _, found = server.send(
        "POST", "/api/v1/streams", chunks(b"{}"), encode_chunked=True, headers={"Content-Type": "text/plain"}
    )
    assert (status, found["type"]) == (415, "/api/errors/unsupported-media-type")


def test_an_endless_body_is_cut_off_before_it_is_kept(server: Server, monkeypatch):
    monkeypatch.setattr(bodies, "MAX_BODY", 100_000)
    head = f"POST /api/v1/streams HTTP/1.1\r\nHost: x\r\nAuthorization: {server.authorization}\r\n"
    chunked = f"{head}Transfer-Encoding: chunked\r\n\r\nfffffff\r\n".encode()
    found = server.raw(chunked + b"a" * 100_001)  # of the 268 million bytes that the chunk would have
    assert b" 413 " in found.split(b"\r\n")[0] and b"/api/errors/body-too-large" in found
    found = server.raw(f"{head}Content-Length: 99999999999\r\n\r\n".encode())
    assert b" 413 " in found.split(b"\r\n")[0]


def test_malformed_requests_cost_nothing_but_their_connection(server: Server):
    for data in (
        b"GET /api/v1/\x00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /api/v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /api/v1/%ff%fe%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /api/v1/jobs?%ff=%00 HTTP/1.1\r\nHost: \xff\xfe\r\nConnection: close\r\n\r\n",
    ):
        status = server.raw(data + b"\r\n\r\n").split(b"\r\n")[0].split()
        assert status == [] or status[1].startswith(b"4"), data
    assert server.send("GET", "/api/v1/whoami")[0] == 200


def test_errors_and_reads_are_as_everywhere(server: Server):
    status, headers, found = server.send("GET", "/api/v1/jobs/nothing", headers={"X-Request-ID": "live-1"})
    assert (status, found["type"], found["instance"]) == (404, "/api/errors/job-not-found", "live-1")
    assert headers["X-Request-ID"] == "live-1"
    status, headers, _ = server.send("PUT", "/api/v1/jobs", b"{}")
    assert (status, headers["Allow"]) == (405, "GET, HEAD, POST")
    status, headers, found = server.send("GET", "/api/v1/jobs", headers={"Authorization": "x"})
    assert status == 401 and headers["WWW-Authenticate"].startswith("Basic")
    status, headers, _ = server.send("HEAD", "/api/v1/jobs")
    assert (status, headers["Content-Type"]) == (200, "application/json")
