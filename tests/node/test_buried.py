"""A node that others took for dead stops, and starts anew."""

import asyncio

import pytest

from snapplatform.cluster import nodes
from snapplatform.cluster.models import Node
from snapplatform.errors import NodeBuried
from snapplatform.node import heart, metrics
from snapplatform.streams.models import Stream
from tests.node.conftest import pictures
from tests.node.encoder import Encoder


@pytest.fixture
def quick(monkeypatch) -> None:
    monkeypatch.setattr(heart.nodes, "BEAT_SECONDS", 0.1)


def bury(node_id) -> bool:
    return nodes.bury(node_id, Node.objects.get(pk=node_id).beat)


async def test_a_buried_node_ends_its_heart(quick, node, ask):
    await ask(lambda: bury(node.node_id))
    done, _ = await asyncio.wait(node.tasks, timeout=20, return_when=asyncio.FIRST_COMPLETED)
    assert [type(task.exception()) for task in done] == [NodeBuried]


async def test_what_a_buried_node_took_is_refused(node, make_job, ask, footage):
    config, packets = footage
    job = await make_job()
    async with Encoder(node.rtmp_port, "cam") as encoder:
        await encoder.video(config, packets[:5])
        await ask(lambda: len(pictures(job)) == 1)
        await ask(lambda: bury(node.node_id))
        await ask(lambda: heart.live.release_dead() == 1)
        await encoder.video(config, packets[5:10])
        refused = metrics.REFUSED.labels(reason="stream taken over")
        await ask(lambda: refused._value.get() >= 1)
        assert len(await ask(lambda: pictures(job))) == 1
        assert (await ask(lambda: Stream.objects.get(pk=job.stream_id))).state == "offline"
