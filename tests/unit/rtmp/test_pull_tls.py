"""rtmps: the certificate is checked against the host name, not against the pinned address."""

import asyncio
import datetime
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from snapplatform.rtmp import EndKind, PullClient, PullTarget, RtmpUrl
from snapplatform.rtmp.connection import Connection
from tests.unit.rtmp.pulling import QUICK, Recorder, saying, scripted
from tests.unit.rtmp.relay import Relay
from tests.unit.rtmp.serving import eventually, serving
from tests.unit.rtmp.test_play import on_air


def certificate(folder: Path, host: str) -> Path:
    """A self-signed certificate of `host` with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "server.pem"
    path.write_bytes(secret + made.public_bytes(pem))
    return path


@asynccontextmanager
async def secure(relay: Relay, pem: Path) -> AsyncIterator[int]:
    """The port of our server behind TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    async with serving(relay) as server:
        loop = asyncio.get_running_loop()
        listener = await loop.create_server(lambda: Connection(server), "127.0.0.1", 0, ssl=context)
        try:
            yield listener.sockets[0].getsockname()[1]
        finally:
            listener.close()


def target(port: int, host: str = "cams.example") -> PullTarget:
    return PullTarget(RtmpUrl.parse(f"rtmps://{host}:{port}/live/cam?key=K"), "127.0.0.1")


async def test_a_stream_comes_over_tls(tmp_path: Path) -> None:
    pem = certificate(tmp_path, "cams.example")
    relay, sink = Relay(), Recorder()
    live = on_air(relay)
    client = PullClient(tls=ssl.create_default_context(cafile=str(pem)))
    async with secure(relay, pem) as port:
        pull = asyncio.create_task(client.pull(target(port), sink))
        await eventually(lambda: len(sink.messages) == 5)
        live.video(200, bytes(1_000_000))
        await eventually(lambda: len(sink.messages) == 6)
        live.close("unpublished")
        assert (await pull).kind is EndKind.ENDED
        one = await client.pull(target(port), Recorder(), until_keyframe=True)
        assert one.kind is EndKind.REFUSED


@pytest.mark.parametrize("trusted", [True, False])
async def test_a_certificate_of_another_host_or_of_nobody(tmp_path: Path, trusted: bool) -> None:
    pem = certificate(tmp_path, "cams.example")
    tls = ssl.create_default_context(cafile=str(pem)) if trusted else None
    relay, sink = Relay(), Recorder()
    on_air(relay)
    async with secure(relay, pem) as port:
        end = await PullClient(tls=tls).pull(target(port, "other.example"), sink)
    assert end.kind is EndKind.TLS
    assert ("mismatch" if trusted else "self-signed") in end.detail
    assert not relay.asked
    assert sink.closed == [str(end)]


@pytest.mark.parametrize("said", [b"", b"\x16\x03"])
async def test_a_server_that_never_ends_the_tls_handshake(said: bytes) -> None:
    async with scripted(saying(said)) as port, asyncio.timeout(5):
        end = await PullClient(QUICK).pull(target(port), Recorder())
    assert end.kind is EndKind.CONNECT_TIMEOUT


async def test_a_server_that_speaks_no_tls() -> None:
    async with scripted(saying(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as port, asyncio.timeout(5):
        end = await PullClient(QUICK).pull(target(port), Recorder())
    assert end.kind is EndKind.TLS


async def test_cancelling_in_the_tls_handshake_is_quick() -> None:
    gone = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.read(-1)
        finally:
            gone.set()

    sink = Recorder()
    async with scripted(silent) as port, asyncio.timeout(2):
        pull = asyncio.create_task(PullClient().pull(target(port), sink))
        await asyncio.sleep(0.1)
        pull.cancel()
        with pytest.raises(asyncio.CancelledError):
            await pull
        assert sink.closed == ["cancelled"]
        await gone.wait()
