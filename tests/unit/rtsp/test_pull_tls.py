"""rtsps: the certificate is checked against the host name, not against the pinned address."""

import asyncio
import ssl
from pathlib import Path

import pytest

from snapplatform.rtsp import EndKind, PullClient, PullTarget, RtspUrl
from tests.unit.rtmp.test_pull_tls import certificate
from tests.unit.rtsp.feeding import Recorder
from tests.unit.rtsp.packets import bye, interleaved
from tests.unit.rtsp.playing import gops, saying
from tests.unit.rtsp.server import Server, listening


@pytest.mark.parametrize(
    ("host", "known", "reason"),
    [
        ("cams.example", True, "ended: BYE"),
        ("other.example", True, "tls failed: Hostname mismatch"),
        ("cams.example", False, "tls failed: self-signed certificate"),
    ],
)
async def test_certificates(tmp_path: Path, host: str, known: bool, reason: str) -> None:
    pem = certificate(tmp_path, "cams.example")
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    theirs.load_cert_chain(pem)
    ours = ssl.create_default_context(cafile=str(pem) if known else None)
    server = Server(play=saying(*gops(12), interleaved(bye(), 1)))
    sink = Recorder()
    async with listening(server, theirs) as port, asyncio.timeout(10):
        url = RtspUrl.parse(f"rtsps://{host}:{port}/cam")
        end = await PullClient(tls=ours).pull(PullTarget(url, "127.0.0.1"), sink)
        if end.kind is EndKind.ENDED:
            await server.gone.wait()
            assert server.methods[-1] == "TEARDOWN"
            assert server.asked[0].url == f"rtsps://{host}:{port}/cam"
    assert str(end).startswith(reason)
    assert len(sink.units) == (12 if end.kind is EndKind.ENDED else 0)
