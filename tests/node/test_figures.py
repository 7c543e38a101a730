"""What a node tells of itself with each beat."""

import os
import subprocess
import sys

import pytest

from snapplatform.cluster.models import Node
from snapplatform.node import heart, usage
from snapplatform.node.figures import left
from snapplatform.node.usage import Usage
from tests.node.conftest import pictures
from tests.node.encoder import Encoder

BURN = "import time\nwhile time.process_time() < 0.5: pass\nprint(1, flush=True)\ntime.sleep(60)"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heart.nodes, "BEAT_SECONDS", 0.1)
    monkeypatch.setattr(usage, "LEAST_SECONDS", 0.05)


async def test_the_row_tells_what_the_node_holds_and_costs(quick, node, make_job, ask, footage):
    job = await make_job(interval_ms=60_000)
    async with Encoder(node.rtmp_port, "cam") as encoder:
        await encoder.video(*footage)
        await ask(lambda: pictures(job))
        stats = await ask(lambda: _stats(node, streams=1, pictures_decoded=1, writer_queue=0))
        assert (stats["jobs"], stats["decoders_ready"], stats["players"]) == (1, 1, 0)
        assert stats["ring_bytes"] == node.hub.streams()[0].ring.bytes > 0
        assert stats["cpu_seconds"] > 0
        assert stats["cpu_cores"] >= 0
        assert stats["cores"] == len(os.sched_getaffinity(0))


def _stats(node, **wanted):
    found = Node.objects.get(pk=node.node_id).stats
    return found if all(found.get(name) == value for name, value in wanted.items()) else None


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_cpu_of_children_counts_while_they_live_and_after():
    looked = Usage()
    before = looked.look([])["cpu_seconds"]
    child = subprocess.Popen([sys.executable, "-c", BURN], stdout=subprocess.PIPE)
    try:
        assert child.stdout.readline()
        alive = looked.look([child.pid])["cpu_seconds"]
    finally:
        child.kill()
        child.communicate()
    assert alive - before >= 0.45
    assert looked.look([])["cpu_seconds"] >= alive


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_rates_need_a_while_and_follow_slowly(monkeypatch):
    now, used = [100.0], [1.0]
    monkeypatch.setattr(usage.clock, "monotonic", lambda: now[0])
    monkeypatch.setattr(usage, "_own_seconds", lambda: used[0])
    monkeypatch.setattr(usage, "_idle_seconds", lambda: None)
    looked = Usage()
    now[0] += 0.1
    assert "cpu_cores" not in looked.look([])
    now[0], used[0] = 110.0, 6.0
    assert looked.look([])["cpu_cores"] == 0.5
    now[0] += usage.LATELY_SECONDS / 4  # nothing used
    assert looked.look([])["cpu_cores"] == 0.375


@pytest.mark.parametrize(
    ("figures", "remains"),
    [
        ({}, {}),
        ({"streams": 2, "jobs": 1}, {"streams": 2, "jobs": 1}),
        ({"pictures_in_hand": 1, "writer_queue": 2}, {"pictures": 3}),
        ({"spool": {"entries": 4}}, {"in the spool": 4}),
    ],
)
def test_what_is_left_to_give_away(figures, remains):
    nothing = {"streams": 0, "jobs": 0, "pictures_in_hand": 0, "writer_queue": 0}
    assert left({**nothing, **figures}) == remains
