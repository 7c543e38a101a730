"""A real capture node on a free port, and jobs to give it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from jobs.models import Job, Snapshot
from jobs.services import submit_job
from snapplatform.access.principal import Principal
from snapplatform.media import synthetic
from snapplatform.media.codec import CodecConfig
from snapplatform.media.ring import Packet
from snapplatform.node.main import CaptureNode, Options
from snapplatform.storage.models import Bucket
from snapplatform.streams.services import create_stream, ensure_stream
from templates.services import create_template
from tests.node.origin import origin

PATIENCE = 20.0
LOOPBACK = [ip_network("127.0.0.0/8"), ip_network("::1/128")]


@pytest.fixture(scope="session")
def footage() -> tuple[CodecConfig, list[Packet]]:
    """Three GOPs of five frames, 320x180, with frame numbers 0 to 14 drawn in."""
    return synthetic.encode_sample(synthetic.Camera(width=320, height=180, fps=5, gop_seconds=1.0), 15)


@pytest.fixture(scope="session")
def wide_footage() -> tuple[CodecConfig, list[Packet]]:
    """One GOP of another size."""
    return synthetic.encode_sample(synthetic.Camera(width=640, height=360, fps=5, gop_seconds=1.0), 5, 100)


@pytest.fixture
async def node(transactional_db: None) -> AsyncIterator[CaptureNode]:
    running = CaptureNode(Options("127.0.0.1", 0, decoders=1))
    await running.start()
    try:
        yield running
    finally:
        await running.stop()


@pytest.fixture
def make_job(node: CaptureNode, principal: Principal, bucket: Bucket) -> Callable[..., Awaitable[Job]]:
    """A started job on the stream `cam`; keywords go to the template, those in `job` to the job."""

    def make(stream: str = "cam", job: dict[str, Any] | None = None, **template: Any) -> Job:
        fields = {"name": "t", "interval_ms": 500, "sequence_format": "{JobId}/{Sequence}.jpg", **template}
        return submit_job(
            principal=principal,
            name="job",
            template=create_template(principal=principal, **fields),
            stream=ensure_stream(account_id=principal.account_id, name=stream)[0],
            bucket=bucket,
            **{"autostart": True, **(job or {})},
        )

    async def in_its_thread(*args: Any, **kwargs: Any) -> Job:
        return await node.database.run(make, *args, **kwargs)

    return in_its_thread


@pytest.fixture
def ask(node: CaptureNode) -> Callable[..., Any]:
    """Ask the database from the node's own thread, until the answer is true; then that answer."""

    async def until(question: Callable[[], Any], patience: float = PATIENCE) -> Any:
        async with asyncio.timeout(patience):
            while not (answer := await node.database.run(question)):
                await asyncio.sleep(0.02)
        return answer

    return until


def pictures(job: Job, **filters: Any) -> list[Snapshot]:
    rows = Snapshot.objects.filter(job=job, is_overlay=False, **filters)
    return list(rows.select_related("object__bucket").order_by("timestamp"))


@pytest.fixture
def loopback_allowed(settings: Any) -> None:
    settings.SNAP = replace(settings.SNAP, allowed_networks=LOOPBACK)


@pytest.fixture
async def source(tmp_path: Path, loopback_allowed: None) -> AsyncIterator[int]:
    """The port of a server to pull from."""
    async with origin(tmp_path) as port:
        yield port


@pytest.fixture
def pulled(
    node: CaptureNode, principal: Principal, make_job: Callable[..., Awaitable[Job]]
) -> Callable[..., Awaitable[Job]]:
    """A started job on a new stream `cam` that is pulled from a URL; keywords go to the template."""

    async def make(url: str, **template: Any) -> Job:
        await node.database.run(create_stream, principal=principal, name="cam", source_url=url)
        return await make_job(**template)

    return make
