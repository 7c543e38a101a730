"""Asking nodes to drain: who may, which one, and what if it is the only one."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db.models.functions import Now

from snapplatform.access.principal import Principal
from snapplatform.cluster import nodes
from snapplatform.cluster.models import Node
from snapplatform.cluster.selectors import find_node
from snapplatform.cluster.services import drain_node, undrain_node
from snapplatform.errors import LastNode, NodeAmbiguous, NodeNotFound, NodeStopped, PermissionRefused
from tests import factories


@pytest.fixture
def operator(db: None) -> Principal:
    return factories.make_principal(is_superuser=True)


def make_node(host: str = "one", pid: int = 7) -> Node:
    node = nodes.register(rtmp_address="127.0.0.1:1935", capacity=10)
    Node.objects.filter(pk=node.pk).update(host=host, pid=pid, place="somewhere")
    node.refresh_from_db()
    return node


@pytest.fixture
def two(operator: Principal, monkeypatch: pytest.MonkeyPatch) -> tuple[Node, Node]:
    monkeypatch.setattr(nodes.socket, "gethostname", lambda: "one")
    return make_node(), make_node(pid=8)


def test_only_who_runs_the_site_may(two, operator: Principal):
    owner = replace(operator, is_superuser=False, is_root=True)
    for call in (drain_node, undrain_node):
        with pytest.raises(PermissionRefused):
            call(principal=owner, node_id=two[0].pk)
    assert not Node.objects.exclude(drain_requested_at=None).exists()


def test_a_draining_node_is_offered_nothing_but_lives(two, operator: Principal):
    one, other = two
    assert drain_node(principal=operator, node_id=one.pk).draining
    assert list(nodes.taking()) == [other]
    assert set(nodes.alive()) == {one, other}


def test_asking_again_keeps_since_when(two, operator: Principal):
    first = drain_node(principal=operator, node_id=two[0].pk).drain_requested_at
    assert drain_node(principal=operator, node_id=two[0].pk).drain_requested_at == first


def test_the_node_hears_at_its_next_beat(two, operator: Principal):
    one, _ = two
    assert not nodes.beat(one.pk, {}).draining
    drain_node(principal=operator, node_id=one.pk)
    assert nodes.beat(one.pk, {}).draining
    undrain_node(principal=operator, node_id=one.pk)
    assert not nodes.beat(one.pk, {}).draining


def test_drained_is_said_once_and_only_by_one_that_drains(two, operator: Principal):
    one, _ = two
    assert not nodes.drained(one.pk)
    drain_node(principal=operator, node_id=one.pk)
    assert nodes.drained(one.pk)
    assert not nodes.drained(one.pk)
    assert undrain_node(principal=operator, node_id=one.pk).drained_at is None


def test_the_last_that_takes_streams_is_drained_only_by_force(two, operator: Principal):
    one, other = two
    drain_node(principal=operator, node_id=one.pk)
    with pytest.raises(LastNode, match="only one"):
        drain_node(principal=operator, node_id=other.pk)
    assert drain_node(principal=operator, node_id=other.pk, force=True).draining


def test_a_silent_node_counts_for_nobody(two, operator: Principal):
    one, other = two
    Node.objects.filter(pk=other.pk).update(beat_at=Now() - timedelta(minutes=1))
    with pytest.raises(LastNode):
        drain_node(principal=operator, node_id=one.pk)


def test_a_stopped_node_can_not_be_asked(two, operator: Principal):
    one, _ = two
    nodes.leave(one.pk)
    for call in (drain_node, undrain_node):
        with pytest.raises(NodeStopped):
            call(principal=operator, node_id=one.pk)


def test_a_node_is_named_by_host_and_pid_or_the_start_of_its_id(two, operator: Principal):
    for node in two:
        written = str(node.pk)
        for text in (str(node), written, written.upper(), node.pk.hex):
            assert find_node(principal=operator, text=text) == node
    with pytest.raises(NodeAmbiguous, match=r"one:7.*one:8|one:8.*one:7"):
        find_node(principal=operator, text=str(two[0].pk)[:2])


@pytest.mark.parametrize("text", ["", "-", "zz", "one:9", "one:", "one:" + "9" * 30, "one:٣", "\0", ":7"])
def test_an_unknown_name_is_said_to_be(two, operator: Principal, text: str):
    with pytest.raises(NodeNotFound):
        find_node(principal=operator, text=text)


def test_of_two_with_one_name_the_running_one_is_meant(two, operator: Principal):
    one, other = two
    Node.objects.filter(pk=other.pk).update(pid=one.pid)
    with pytest.raises(NodeAmbiguous):
        find_node(principal=operator, text="one:7")
    nodes.leave(one.pk)
    assert find_node(principal=operator, text="one:7") == other
