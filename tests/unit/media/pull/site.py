"""An HTTP server on loopback that says what a test wants, and remembers what it was asked."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class Request:
    path: str
    headers: dict[str, str]
    reader: asyncio.StreamReader = field(repr=False)

    async def left(self) -> None:
        """Until the client has gone."""
        await self.reader.read(-1)
        raise ConnectionError


Handler = Callable[[Request, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Site:
    """`pages` by path: a file's body (which is given in parts where that is asked for), or what to do."""

    pages: dict[str, bytes | Handler]
    port: int = 0
    asked: list[Request] = field(default_factory=list)
    connections: int = 0
    tasks: set["asyncio.Task[None]"] = field(default_factory=set)

    def url(self, path: str, scheme: str = "http", host: str = "127.0.0.1") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    @property
    def paths(self) -> list[str]:
        return [request.path for request in self.asked]

    def arrived(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                headers = dict(line.split(": ", 1) for line in head[1:] if line)
                request = Request(head[0].split()[1], headers, reader)
                self.asked.append(request)
                await self._answer(request, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client left
        finally:
            writer.close()

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> None:
        page = self.pages.get(request.path)
        if page is None:
            writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        elif isinstance(page, bytes):
            writer.write(_file(page, request.headers.get("Range")))
        else:
            await page(request, writer)
        await writer.drain()


def _file(page: bytes, wanted: str | None) -> bytes:
    status = "200 OK"
    if wanted is not None:
        start, _, stop = wanted.removeprefix("bytes=").partition("-")
        page, status = page[int(start) : int(stop) + 1 if stop else None], "206 Partial Content"
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(page)}\r\nAccept-Ranges: bytes\r\n\r\n"
    return head.encode() + page


def says(data: bytes, *, close: bool = False) -> Handler:
    """Anything at all; then it waits for the client to go, or goes itself."""

    async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()
        if close:
            raise ConnectionError
        await request.left()

    return handler


def redirect(target: str, status: int = 302) -> Handler:
    return answer(f"HTTP/1.1 {status} Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode())


def answer(data: bytes) -> Handler:
    async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(data)

    return handler


def chunked(pieces: Iterable[bytes], interval: float = 0.0, *, endless: bool = True) -> Handler:
    """A live stream: pieces of some size each `interval` seconds, and then silence, or its end."""

    async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for piece in pieces:
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            await writer.drain()
            await asyncio.sleep(interval)
        if endless:
            await request.left()
        writer.write(b"0\r\n\r\n")

    return handler


def pieces_of(data: bytes, size: int = 3000) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


@asynccontextmanager
async def site(
    pages: dict[str, bytes | Handler], tls: ssl.SSLContext | None = None, at: str = "127.0.0.1"
) -> AsyncIterator[Site]:
    one = Site(pages)
    server = await asyncio.start_server(one.arrived, at, 0, ssl=tls)
    one.port = server.sockets[0].getsockname()[1]
    try:
        yield one
    finally:
        server.close()
        for task in list(one.tasks):
            task.cancel()
        await asyncio.gather(*one.tasks, return_exceptions=True)
