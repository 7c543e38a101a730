"""A node that drains takes nothing new and lets go of what it holds; the others of its machine go on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest

from snapplatform.access.principal import Principal
from snapplatform.cluster.models import Node
from snapplatform.cluster.services import drain_node, undrain_node
from snapplatform.node import drain, heart
from snapplatform.node.drain import DRAINED
from snapplatform.node.main import CaptureNode, Options
from snapplatform.streams.models import Stream
from tests.node.conftest import PATIENCE, pictures
from tests.node.encoder import Encoder

GRACE = 0.4


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heart.nodes, "BEAT_SECONDS", 0.1)
    monkeypatch.setattr(drain, "GAP_SECONDS", 0.05)


@pytest.fixture
async def node(transactional_db: None) -> AsyncIterator[CaptureNode]:
    """The first of two that share a port."""
    running = CaptureNode(Options("127.0.0.1", 0, decoders=1, reuse_port=True, drain_seconds=GRACE))
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def other(node: CaptureNode) -> AsyncIterator[CaptureNode]:
    running = CaptureNode(Options("127.0.0.1", node.rtmp_port, decoders=1, reuse_port=True))
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
def operator(principal: Principal) -> Principal:
    """Of the only account: what is published without a key is the first account's."""
    return replace(principal, is_superuser=True)


@pytest.fixture
def say(node, operator):
    """Ask for draining, or take it back, and wait until the node has heard."""

    async def wish(*, draining: bool, force: bool = False) -> None:
        act = drain_node if draining else undrain_node
        more = {"force": force} if draining else {}
        await node.database.run(act, principal=operator, node_id=node.node_id, **more)
        await until(lambda: node.drain.active == draining and node._server.listening != draining)

    return wish


async def until(true, patience: float = PATIENCE) -> None:
    async with asyncio.timeout(patience):
        while not true():
            await asyncio.sleep(0.01)


async def publish_on(port: int, wanted: CaptureNode, stack: AsyncExitStack, name: str) -> Encoder:
    """The kernel chooses who takes a connection: try until it was `wanted`."""
    for number in range(60):
        encoder = await stack.enter_async_context(Encoder(port, f"{name}-{number}"))
        assert encoder.accepted
        if any(stream.held.name == f"{name}-{number}" for stream in wanted.hub.streams()):
            return encoder
    raise AssertionError("60 connections in a row went to the other node")


async def test_new_publishers_reach_the_other_node_of_the_port(node, other, say, ask):
    await say(draining=True)
    async with AsyncExitStack() as stack:
        for number in range(12):
            assert (await stack.enter_async_context(Encoder(node.rtmp_port, f"cam-{number}"))).accepted
        assert (len(node.hub.streams()), len(other.hub.streams())) == (0, 12)
    await until(lambda: not other.hub.streams())


async def test_publishers_are_let_go_after_the_grace_and_go_on_elsewhere(
    node, other, say, make_job, ask, footage
):
    config, packets = footage
    async with AsyncExitStack() as stack:
        encoder = await publish_on(node.rtmp_port, node, stack, "cam")
        name = node.hub.streams()[-1].held.name
        job = await make_job(name)
        await encoder.video(config, packets[:5])
        await ask(lambda: len(pictures(job)) == 1)
        loop = asyncio.get_running_loop()
        began, node.drain._grace = loop.time(), 2.0
        await say(draining=True)
        assert node.hub.streams(), "publishers have a grace"
        await until(lambda: not node.hub.streams())
        assert loop.time() - began >= 2.0
        row = await ask(lambda: Stream.objects.filter(name=name, state="offline").first())
        assert (row.offline_reason, row.epoch) == (DRAINED, 1)
        again = await stack.enter_async_context(Encoder(node.rtmp_port, name))
        await again.video(config, packets[5:10])
        await ask(lambda: len(pictures(job)) == 2)
        row = await ask(lambda: Stream.objects.filter(name=name, state="live").first())
        assert (row.node_id, row.epoch) == (other.node_id, 2)


async def test_a_node_with_nothing_left_says_drained_and_stays(node, other, say, ask):
    async with AsyncExitStack() as stack:
        await publish_on(node.rtmp_port, node, stack, "cam")
        node.drain._grace = 2.0
        await say(draining=True)
        assert (await ask(lambda: Node.objects.get(pk=node.node_id))).drained_at is None
        row = await ask(lambda: Node.objects.filter(pk=node.node_id, drained_at__isnull=False).first())
        assert row.stats["left"] == {}
        assert not any(task.done() for task in node.tasks)
        beat = row.beat
        await ask(lambda: Node.objects.get(pk=node.node_id).beat > beat)


async def test_publishers_are_let_go_one_after_the_other(node, other, say, monkeypatch):
    monkeypatch.setattr(drain, "GAP_SECONDS", 1.0)
    async with AsyncExitStack() as stack:
        for name in "abc":
            await publish_on(node.rtmp_port, node, stack, name)
        held = len(node.hub.streams())
        await say(draining=True)
        await until(lambda: len(node.hub.streams()) < held)
        assert len(node.hub.streams()) == held - 1
        await until(lambda: not node.hub.streams())


async def test_undrained_it_takes_publishers_again(node, say, ask):
    await say(draining=True, force=True)
    await ask(lambda: Node.objects.filter(pk=node.node_id, drained_at__isnull=False).exists())
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", node.rtmp_port)
    await say(draining=False)
    async with Encoder(node.rtmp_port, "cam") as encoder:
        assert encoder.accepted
        row = await ask(lambda: Node.objects.get(pk=node.node_id))
        assert (row.drain_requested_at, row.drained_at) == (None, None)


async def test_undrained_within_the_grace_it_keeps_its_publishers(node, say):
    node.drain._grace = 3600.0
    async with Encoder(node.rtmp_port, "cam"):
        await say(draining=True, force=True)
        letting_go = node.drain._emptying
        await say(draining=False)
        await until(letting_go.cancelled)
        assert len(node.hub.streams()) == 1


async def test_a_connection_from_before_may_not_publish_any_more(node, say):
    encoder = Encoder(node.rtmp_port, "cam")
    encoder._reader, encoder._socket = await asyncio.open_connection("127.0.0.1", node.rtmp_port)
    await until(lambda: node._server.stats.connections == 1)
    await say(draining=True, force=True)
    await encoder.publish()
    assert b"NetStream.Publish.Failed" in encoder.status
    encoder._socket.close()


async def test_a_port_that_was_taken_meanwhile_is_tried_again(node, say, monkeypatch):
    await say(draining=True, force=True)
    real, tries = node._server.listen, []

    async def taken() -> None:
        tries.append(1)
        if len(tries) < 3:
            raise OSError(98, "Address already in use")
        await real()

    monkeypatch.setattr(node._server, "listen", taken)
    await say(draining=False)
    assert len(tries) == 3
    async with Encoder(node.rtmp_port, "cam") as encoder:
        assert encoder.accepted
