"""A small RTSP server for tests: answers as told, and sends prepared packets when it is asked to play."""

import asyncio
import hashlib
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

SDP = """v=0\r
o=- 1 1 IN IP4 127.0.0.1\r
s=test\r
c=IN IP4 0.0.0.0\r
t=0 0\r
a=control:*\r
m=video 0 RTP/AVP 96\r
a=rtpmap:96 H264/90000\r
a=fmtp:96 packetization-mode=1{parameters}\r
a=control:trackID=0\r
"""
SOUND = """m=audio 0 RTP/AVP 97\r
a=rtpmap:97 mpeg4-generic/44100/1\r
a=fmtp:97 streamtype=5;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=1208\r
a=control:trackID=1\r
"""


@dataclass
class Asked:
    """One request as it came."""

    method: str
    url: str
    headers: dict[str, str]

    @property
    def sequence(self) -> str:
        return self.headers.get("cseq", "")


# May say anything about a request; None leaves it to the server.
Answer = Callable[[Asked], bytes | None]
Player = Callable[[asyncio.StreamWriter], Awaitable[None]]


def answer(asked: Asked, status: str = "200 OK", *headers: str, body: bytes = b"") -> bytes:
    lines = [f"RTSP/1.0 {status}", f"CSeq: {asked.sequence}", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@dataclass
class Server:
    """`play` is called once PLAY was answered. `overrides` may answer instead, method by method."""

    sdp: str = SDP.format(parameters="")
    play: Player | None = None
    overrides: dict[str, Answer] = field(default_factory=dict)
    timeout: int = 60
    public: str = "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER"
    user: str = ""
    password: str = ""
    algorithm: str = ""
    qop: bool = False
    asked: list[Asked] = field(default_factory=list)
    received: bytearray = field(default_factory=bytearray)  # interleaved packets of the client
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def methods(self) -> list[str]:
        return [one.method for one in self.asked]

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        playing: asyncio.Task[None] | None = None
        try:
            while (asked := await self._read(reader)) is not None:
                self.asked.append(asked)
                writer.write(self._answer(asked))
                if asked.method == "PLAY" and self.play is not None and playing is None:
                    playing = asyncio.create_task(_quietly(self.play(writer)))
        finally:
            if playing is not None:
                playing.cancel()
                await asyncio.gather(playing, return_exceptions=True)
            self.gone.set()

    async def _read(self, reader: asyncio.StreamReader) -> Asked | None:
        while True:
            first = await reader.read(1)
            if first == b"$":
                head = await reader.readexactly(3)
                size = int.from_bytes(head[1:], "big")
                self.received += first + head + await reader.readexactly(size)
                continue
            if not first:
                return None
            text = (first + await reader.readuntil(b"\r\n\r\n")).decode()
            start, *lines = text.strip().split("\r\n")
            method, url, version = start.split(" ")
            assert version == "RTSP/1.0"
            pairs = (line.split(": ", 1) for line in lines)
            return Asked(method, url, {name.lower(): value for name, value in pairs})

    def _answer(self, asked: Asked) -> bytes:
        override = self.overrides.get(asked.method)
        said = override(asked) if override is not None else None
        if said is not None:
            return said
        if self.user and not self._authorised(asked):
            return answer(asked, "401 Unauthorized", *self.challenges())
        if asked.method == "OPTIONS":
            return answer(asked, "200 OK", f"Public: {self.public}")
        if asked.method == "DESCRIBE":
            base = asked.url.rstrip("/") + "/"
            headers = ("Content-Type: application/sdp", f"Content-Base: {base}")
            return answer(asked, "200 OK", *headers, body=self.sdp.encode())
        if asked.method == "SETUP":
            found = re.search(r"interleaved=(\d+-\d+)", asked.headers["transport"])
            assert found is not None
            transport = f"Transport: RTP/AVP/TCP;unicast;interleaved={found[1]};ssrc=DECAFBAD"
            return answer(asked, "200 OK", transport, f"Session: 12345678;timeout={self.timeout}")
        return answer(asked, "200 OK", "Session: 12345678")

    def challenges(self) -> Sequence[str]:
        if self.algorithm == "Basic":
            return ['WWW-Authenticate: Basic realm="cams"']
        algorithm = f", algorithm={self.algorithm}" if self.algorithm else ""
        qop = ', qop="auth,auth-int"' if self.qop else ""
        return [f'WWW-Authenticate: Digest realm="cams, \\"all\\"", nonce="n0nce"{algorithm}{qop}']

    def _authorised(self, asked: Asked) -> bool:
        """Checked after RFC 2617 and 7616 by itself."""
        given = asked.headers.get("authorization", "")
        if self.algorithm == "Basic":
            import base64

            return given == "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        fields = dict(
            re.findall(r'(\w+)="?((?:[^"\\,]|\\.|,(?! \w+=))*)"?(?:, |$)', given.removeprefix("Digest "))
        )
        hasher = hashlib.sha256 if self.algorithm == "SHA-256" else hashlib.md5
        one = hasher(f'{self.user}:cams, "all":{self.password}'.encode()).hexdigest()
        two = hasher(f"{asked.method}:{asked.url}".encode()).hexdigest()
        middle = "n0nce"
        if self.qop:
            middle += f":{fields.get('nc')}:{fields.get('cnonce')}:auth"
        wanted = hasher(f"{one}:{middle}:{two}".encode()).hexdigest()
        return fields.get("response") == wanted and fields.get("uri") == asked.url


async def _quietly(playing: Awaitable[None]) -> None:
    try:
        await playing
    except ConnectionError:
        pass  # the client left first


@asynccontextmanager
async def listening(server: Server, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Its port. All its connections end with it."""
    tasks: set[asyncio.Task[None]] = set()

    async def run(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await server.handle(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def arrived(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(run(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    listener = await asyncio.start_server(arrived, "127.0.0.1", 0, ssl=tls)
    try:
        yield listener.sockets[0].getsockname()[1]
    finally:
        listener.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
