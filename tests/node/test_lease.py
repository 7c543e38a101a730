"""The lease ends before others may take over, and who acts in its name is told."""

import asyncio

import pytest
from django.db import OperationalError

from snapplatform import clock
from snapplatform.cluster import nodes
from snapplatform.node import heart, lease
from snapplatform.node.lease import Lease
from snapplatform.streams.models import Stream
from tests.node.encoder import Encoder


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nodes, "TTL_SECONDS", 1.0)
    monkeypatch.setattr(nodes, "BEAT_SECONDS", 0.1)
    monkeypatch.setattr(lease, "MARGIN_SECONDS", 0.4)


async def test_nothing_is_held_before_the_first_beat():
    assert not Lease().holds


async def test_it_lapses_a_margin_before_the_ttl_counted_from_the_beats_beginning(quick):
    held, lapsed = Lease(), asyncio.Event()
    held.on_lapse(lapsed.set)
    asked = clock.monotonic() - 0.3  # the database took that long
    held.renew(asked)
    assert held.holds
    await asyncio.wait_for(lapsed.wait(), 5)
    assert asked + 0.6 <= clock.monotonic() < asked + 1.0
    assert not held.holds


async def test_beats_renew_it(quick):
    held, lapses = Lease(), []
    held.on_lapse(lambda: lapses.append(clock.monotonic()))
    for _ in range(5):
        held.renew(clock.monotonic())
        await asyncio.sleep(0.2)
    assert (held.holds, lapses) == (True, [])
    held.end()


async def test_one_that_fails_to_let_go_keeps_no_other_from_it(quick):
    held, lapsed = Lease(), asyncio.Event()

    def fails() -> None:
        raise ValueError("can't")

    held.on_lapse(fails)
    held.on_lapse(lapsed.set)
    held.renew(clock.monotonic())
    await asyncio.wait_for(lapsed.wait(), 5)


async def test_a_node_that_can_not_beat_lapses_and_its_publishers_go_on(
    quick, node, ask, principal, footage, monkeypatch
):
    await ask(lambda: node.lease.holds)
    lapses: list[bool] = []
    node.lease.on_lapse(lambda: lapses.append(node.lease.holds))
    real = nodes.beat

    def away(*args: object) -> None:
        raise OperationalError("the database is away")

    async with Encoder(node.rtmp_port, "cam") as encoder:
        assert encoder.accepted
        monkeypatch.setattr(heart.nodes, "beat", away)
        async with asyncio.timeout(10):
            while not lapses:
                await asyncio.sleep(0.01)
        assert lapses == [False]
        await encoder.video(*footage)
        monkeypatch.setattr(heart.nodes, "beat", real)
        await ask(lambda: node.lease.holds)
        assert await ask(lambda: Stream.objects.filter(name="cam", state="live", epoch=1).exists())
        assert node.hub.streams()
