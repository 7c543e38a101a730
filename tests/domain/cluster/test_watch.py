"""Who is dead: by standing beats on our own clock, and nothing else."""

from uuid import uuid4

import pytest

from snapplatform.cluster import nodes
from snapplatform.cluster.models import Node
from snapplatform.cluster.watch import BeatWatch, bury_lapsed
from snapplatform.errors import ForeignHost, NodeBuried

NODE, OTHER = uuid4(), uuid4()


def test_a_beat_that_stands_for_the_whole_time_is_a_dead_node():
    watch = BeatWatch(ttl=10)
    for now in (0.0, 4.0, 8.0):
        assert watch.lapsed({NODE: 7, OTHER: int(now)}, now) == []
    assert watch.lapsed({NODE: 7, OTHER: 99}, 10.0) == [NODE]


def test_a_beat_that_moved_starts_anew():
    watch = BeatWatch(ttl=10)
    for now, beat in ((0.0, 1), (4.0, 1), (8.0, 2), (12.0, 2), (16.0, 2)):
        assert watch.lapsed({NODE: beat}, now) == []
    assert watch.lapsed({NODE: 2}, 18.0) == [NODE]


def test_what_we_could_not_see_counts_for_nobody():
    watch = BeatWatch(ttl=10)
    watch.lapsed({NODE: 1}, 0.0)
    assert watch.lapsed({NODE: 1}, 60.0) == []  # the database was away, or we slept
    assert watch.lapsed({NODE: 1}, 64.0) == []


def test_a_buried_node_beats_no_more(db):
    node = nodes.register(rtmp_address="")
    watch = BeatWatch(ttl=0)
    assert bury_lapsed(watch, but=node.pk) == 0
    assert bury_lapsed(watch) == 1
    with pytest.raises(NodeBuried):
        nodes.beat(node.pk, {})


def test_a_node_that_beat_in_the_last_moment_is_not_buried(db):
    node = nodes.register(rtmp_address="")
    nodes.beat(node.pk, {})
    assert not nodes.bury(node.pk, node.beat)


def test_sqlite_refuses_nodes_of_another_host(db):
    node = nodes.register(rtmp_address="")
    Node.objects.filter(pk=node.pk).update(host="elsewhere")
    if nodes.connection.vendor == "sqlite":
        with pytest.raises(ForeignHost, match="elsewhere"):
            nodes.register(rtmp_address="")
    else:
        assert nodes.register(rtmp_address="").pk != node.pk


def test_a_process_that_is_gone_is_buried_at_once_but_not_that_of_another_container(db):
    here, there = nodes.register(rtmp_address=""), nodes.register(rtmp_address="")
    Node.objects.update(pid=2**22 + 1)  # beyond what Linux gives out
    Node.objects.filter(pk=there.pk).update(place="another boot or container")
    nodes.register(rtmp_address="")
    assert Node.objects.get(pk=here.pk).stop_reason == "its process is gone"
    assert Node.objects.get(pk=there.pk).stopped_at is None
