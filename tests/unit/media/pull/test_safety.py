"""What strangers name: nothing that is not allowed is connected to, whoever names it and when it changes."""

import asyncio
import socket
import ssl
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from snapplatform.errors import InvalidValue
from snapplatform.media.pull.client import AvPull
from snapplatform.media.pull.schemes import AvUrl
from snapplatform.net import Address, AddressRefused
from snapplatform.net.ending import EndKind
from tests.unit.media.pull.media import encoded, segments
from tests.unit.media.pull.site import Handler, redirect, site
from tests.unit.media.pull.test_hls import playlist
from tests.unit.media.pull.watching import QUICK, Recorder, watch
from tests.unit.net.canary import canary
from tests.unit.net.hostile import URLS

# `client` may reach 127.0.0.0/8 and nothing else; the canary is on ::1 too.
NEVER = [
    "file:///etc/passwd",
    "/etc/passwd",
    "//[::1]:PORT/x",
    "pipe:0",
    "data:text/plain,x",
    "unix:/tmp/x",
    "subfile,,start,0,end,9,,:/etc/passwd",
    "concat:http://[::1]:PORT/a|http://[::1]:PORT/b",
    "crypto:http://[::1]:PORT/x",
    "tcp://[::1]:PORT",
    "udp://[::1]:PORT",
    "rtsp://[::1]:PORT/x",
    "rtmp://[::1]:PORT/live/x",
    "gopher://[::1]:PORT/x",
    "http://[::1]:PORT/x",
    "http://user:pw@[::1]:PORT/x",
    "http://[::1]:PORT/x#\r\nX: y",
    "http://2130706433:PORT/x",
    "http://0x7f.1:PORT/x",
]


async def test_no_hostile_url_is_opened(stranger: AvPull) -> None:
    """Of all spellings of this machine and its neighbours, in each scheme that there is."""
    async with canary() as one:
        for text in URLS:
            for scheme in ("http", "tcp", "rtsp+udp"):
                url = text.replace("PORT", str(one.port))
                url = f"{scheme}:{url.partition(':')[2]}" if "://" in url else url
                try:
                    parsed = AvUrl.parse(url)
                except InvalidValue:
                    continue
                _, end = await watch(stranger, url)
                assert end.kind in (EndKind.ADDRESS_REFUSED, EndKind.HOST_NOT_FOUND), parsed.redacted
        assert one.hits == 0
    assert stranger.stats.started == 0


@pytest.mark.parametrize("target", NEVER)
async def test_nothing_that_a_stream_leads_to_is_opened_unchecked(client: AvPull, target: str) -> None:
    """As a redirect, a variant, a segment, a map, a key and a byte range."""
    async with canary() as one:
        place = target.replace("PORT", str(one.port))
        variant = f"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{place}\n".encode()
        pages: dict[str, bytes | Handler] = {
            "/redirect": redirect(place.replace("\r\n", "")),
            "/variant": variant,
            "/segment": playlist([place]),
            "/map": playlist(["0.ts"], extra=f'#EXT-X-MAP:URI="{place}"'),
            "/key": playlist(["0.ts"], extra=f'#EXT-X-KEY:METHOD=AES-128,URI="{place}"'),
            "/later": playlist(["0.ts", place]),
            "/redirected": playlist(["moved.ts"]),
            "/moved.ts": redirect(place.replace("\r\n", "")),
            "/0.ts": encoded("mpegts"),
        }
        async with site(pages) as server:
            paths = ["/redirect", "/variant", "/segment", "/map", "/key", "/later", "/redirected"]
            ends = await asyncio.gather(*(watch(client, server.url(path)) for path in paths))
        for path, (_, end) in zip(paths, ends, strict=True):
            assert end.kind is not EndKind.KEYFRAME, path
            assert "passwd" not in str(end) and str(one.port) not in str(end)
        assert one.hits == 0
    assert client.stats.died == 0


async def test_the_canary_is_hit_where_it_is_allowed() -> None:
    """Or the tests above would prove nothing."""
    client = AvPull(QUICK, allowed=[ip_network("127.0.0.0/8"), ip_network("::1/128")])
    try:
        async with canary() as one, site({"/cam": redirect(f"http://[::1]:{one.port}/x")}) as server:
            await watch(client, server.url("/cam"))
            assert one.hits == 1
    finally:
        await client.close()


async def test_a_name_is_looked_up_once_and_the_checked_address_is_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """DNS rebinding: the first answer is public, each later one is loopback."""
    asked: list[object] = []

    def rebinding(host: object, *args: object, **options: object) -> list[object]:
        asked.append(host)
        address = "192.0.2.7" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80))]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    client = AvPull(QUICK, allowed=[ip_network("192.0.2.0/24")])  # nobody is there
    try:
        async with canary() as one:
            _, end = await watch(client, f"http://cam.example:{one.port}/x")
            assert end.kind in (EndKind.UNREACHABLE, EndKind.CONNECT_TIMEOUT, EndKind.ANSWER_TIMEOUT)
            assert one.hits == 0
        assert asked == ["cam.example"]
    finally:
        await client.close()


async def test_a_name_that_moves_while_a_stream_plays_is_checked_again() -> None:
    """Its segments are on a host whose name leads to this machine by then."""
    asked: list[str] = []

    async def resolver(host: str, port: int) -> list[Address]:
        asked.append(host)
        if host == "cam.example":
            return [ip_address("127.0.0.1")]
        raise AddressRefused(host, "leads to this machine", kind="this machine")

    client = AvPull(QUICK, resolver=resolver)
    try:
        async with canary() as one:
            pages: dict[str, bytes | Handler] = {
                "/cam": playlist(["0.ts", f"http://cdn.example:{one.port}/1.ts", "0.ts"]),
                "/0.ts": encoded("mpegts"),
            }
            async with site(pages) as server:
                sink, end = await watch(client, server.url("/cam", host="cam.example"))
                assert server.asked[0].headers["Host"] == f"cam.example:{server.port}"
            assert str(end) == "address refused: this machine"
            assert sink.numbers()[:20] == list(range(20))
            assert one.hits == 0
        assert asked == ["cam.example", "cdn.example"]
        assert client.stats.refused == 1
    finally:
        await client.close()


async def test_each_host_is_asked_for_and_reached_by_its_own_addresses() -> None:
    asked: list[str] = []

    async def resolver(host: str, port: int) -> list[Address]:
        asked.append(host)
        return [
            ip_address({"cam.example": "127.0.0.1", "a.example": "127.0.0.2", "b.example": "127.0.0.3"}[host])
        ]

    client = AvPull(QUICK, resolver=resolver)
    pieces = segments(count=4)
    try:
        async with (
            site({"/0.ts": pieces[0]}) as one,
            site({"/1.ts": pieces[1]}, at="127.0.0.2") as two,
            site({"/2.ts": pieces[2]}, at="127.0.0.3") as three,
        ):
            names = [
                one.url("/0.ts", host="cam.example"),
                two.url("/1.ts", host="a.example"),
                three.url("/2.ts", host="b.example"),
            ]
            one.pages["/cam"] = playlist(names)
            sink, end = await watch(client, one.url("/cam", host="cam.example"))
        assert end.kind is EndKind.ENDED
        assert sink.numbers() == list(range(30))
        assert asked == ["cam.example", "a.example", "b.example"]
    finally:
        await client.close()


async def test_user_and_password_go_to_their_own_server_only(client: AvPull) -> None:
    async with site({"/x": encoded("flv")}) as other:
        async with site({"/cam": redirect(other.url("/x")), "/again": redirect("/cam")}) as one:
            await watch(client, one.url("/again").replace("//", "//user:secret@"))
            assert all("Authorization" in request.headers for request in one.asked)
        assert "Authorization" not in other.asked[0].headers


async def test_no_reason_holds_what_a_server_says_or_what_was_asked(client: AvPull) -> None:
    async with site({"/": b"", "/cam?key=SECRET": redirect("/SECRET")}) as one:
        for path in ("/cam?key=SECRET", "/SECRET"):
            url = one.url(path).replace("//", "//user:SECRET@")
            _, end = await watch(client, url)
            assert "SECRET" not in str(end)
            assert "SECRET" not in AvUrl.parse(url).redacted or path == "/SECRET"
            assert "SECRET" not in repr(AvUrl.parse(url).user)


async def test_redirects_end_somewhere(client: AvPull) -> None:
    async with site({"/cam": redirect("/cam")}) as one:
        _, end = await watch(client, one.url("/cam"))
        assert len(one.asked) == QUICK.redirects + 1
    assert str(end) == "protocol error: more than 5 redirects"


async def test_a_stream_may_not_ask_for_addresses_without_end(client: AvPull) -> None:
    names = [f"http://127.0.{index // 250}.{index % 250}:1/{index}.ts" for index in range(2000)]
    async with site({"/cam": playlist(names)}) as one:
        _, end = await watch(client, one.url("/cam"))
    assert end.kind in (EndKind.UNREACHABLE, EndKind.PROTOCOL)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For localhost, signed by nobody that the machine trusts."""
    import subprocess

    path = tmp_path_factory.mktemp("tls") / "both.pem"
    command = f"openssl req -x509 -newkey rsa:2048 -nodes -keyout {path}.key -out {path} -days 2"
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run([*command.split(), *names], check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + Path(f"{path}.key").read_bytes())
    return path


async def test_certificates_are_checked_by_name(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from snapplatform.media.pull import processes

    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate)
    pages: dict[str, bytes | Handler] = {"/cam": encoded("flv")}
    async with site(pages, server) as one:
        for trusted, host, wanted in (
            ("", "localhost", "tls failed"),
            (str(certificate), "127.0.0.1", "tls failed"),
            (str(certificate), "localhost", "ended"),
        ):
            monkeypatch.setattr(processes, "_CERTIFICATES", {"SSL_CERT_FILE": trusted} if trusted else {})
            networks = [ip_network("127.0.0.0/8"), ip_network("::1/128")]
            client = AvPull(QUICK, allowed=networks)
            try:
                sink, end = await watch(client, one.url("/cam", "https", host), Recorder())
                assert str(end).startswith(wanted)
            finally:
                await client.close()
    assert len(sink.units) == 40
