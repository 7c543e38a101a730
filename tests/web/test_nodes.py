"""Nodes in the admin: how they stand, what they hold, draining, and what the dashboard warns of."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse

from snapplatform.access.principal import Principal
from snapplatform.cluster.models import Node
from snapplatform.streams.models import Stream
from tests import factories
from tests.web.world import messages_of, page_of

LIST = "/admin/cluster/node/"
FIGURES = {"streams": 1, "cores": 4, "cpu_cores": 0.5, "idle_cores": 3.0, "decoders_ready": 2}


def make_node(pid: int = 1, **fields: Any) -> Node:
    given = {"beat_at": Now(), "started_at": Now(), "capacity": 50, "stats": FIGURES}
    return Node.objects.create(host="cam", pid=pid, rtmp_address="0.0.0.0:1935", **given | fields)


def verb(node: Node, name: str) -> str:
    return reverse("admin:cluster_node_verb", args=(node.pk, name))


def told(client: Client) -> str:
    return " | ".join(item["text"] for item in client.get("/admin/").context["attention"])


def buttons(client: Client, node: Node) -> list[str]:
    return [button["verb"].name for button in client.get(page_of("cluster_node", node)).context["buttons"]]


def test_the_list_shows_state_load_and_room(site_client: Client):
    make_node()
    make_node(2, clock_offset_ms=700, drain_requested_at=Now())
    make_node(3, beat_at=Now() - timedelta(minutes=2))
    make_node(4, stopped_at=Now(), stop_reason="its process hangs")
    text = site_client.get(LIST).content.decode()
    for words in ("alive", "draining", "silent", "stopped", "its process hangs", "49 more", "+700 ms"):
        assert words in text, words
    assert "0.50 of 4 cores" in text


def test_a_node_links_to_the_streams_it_holds(site_client: Client, who: Principal):
    node = make_node()
    stream = factories.make_stream(who, "gate/3", live=True)
    factories.make_stream(who, "elsewhere", live=True)
    Stream.objects.filter(pk=stream.pk).update(node=node)
    page = site_client.get(page_of("cluster_node", node)).content.decode()
    assert reverse("admin:streams_stream_change", args=(stream.pk,)) in page
    link = f"{reverse('admin:streams_stream_changelist')}?node__id__exact={node.pk}"
    assert link in site_client.get(LIST).content.decode()
    listed = site_client.get(link).context["cl"].result_list
    assert [row.name for row in listed] == ["gate/3"]


def test_a_node_is_drained_and_takes_streams_again(site_client: Client):
    node, _ = make_node(), make_node(2)
    assert buttons(site_client, node) == ["drain"]
    answer = site_client.post(verb(node, "drain"), follow=True)
    assert messages_of(answer) == ["Node cam:1: asked to drain."]
    node.refresh_from_db()
    assert node.draining
    assert buttons(site_client, node) == ["undrain"]
    site_client.post(verb(node, "undrain"))
    node.refresh_from_db()
    assert not node.draining


def test_the_last_node_is_drained_only_by_who_insists(site_client: Client):
    node = make_node()
    assert buttons(site_client, node) == ["drain-anyway"]
    answer = site_client.post(verb(node, "drain"), follow=True)
    assert "only one that takes streams" in messages_of(answer)[0]
    site_client.post(verb(node, "drain-anyway"))
    node.refresh_from_db()
    assert node.draining


def test_a_stopped_node_offers_nothing(site_client: Client):
    node = make_node(stopped_at=Now())
    assert buttons(site_client, node) == []
    assert "stopped already" in messages_of(site_client.post(verb(node, "drain-anyway"), follow=True))[0]


def test_several_are_drained_from_the_list_but_not_the_last(site_client: Client):
    rows = [make_node(1), make_node(2)]
    chosen = {"action": "drain", "_selected_action": [str(row.pk) for row in rows]}
    answer = site_client.post(LIST, chosen, follow=True)
    assert Node.objects.exclude(drain_requested_at=None).count() == 1
    assert any("only one that takes streams" in text for text in messages_of(answer))


@pytest.mark.parametrize("name", ["drain", "drain-anyway", "undrain"])
def test_an_accounts_owner_may_not(owner_client: Client, name: str):
    node, _ = make_node(), make_node(2)
    owner_client.post(verb(node, name))
    assert not Node.objects.exclude(drain_requested_at=None).exists()
    assert owner_client.get(LIST).status_code == 403


def test_the_dashboard_warns_of_nodes(site_client: Client, owner_client: Client):
    assert "No capture node runs: nothing can be published" in told(site_client)
    assert told(owner_client) == ""
    node = make_node()
    assert told(site_client) == ""

    def says(**fields: Any) -> str:
        Node.objects.filter(pk=node.pk).update(**fields)
        return told(site_client)

    assert says(clock_offset_ms=501) == "Node cam:1: its clock is 501 ms ahead of the database's"
    spool = {**FIGURES, "spool": {"entries": 4, "bytes": 9}}
    assert says(clock_offset_ms=0, stats=spool) == "Node cam:1: 4 pictures wait in its spool"
    left = {**FIGURES, "left": {"streams": 3, "pictures": 1}}
    assert says(stats=left, drain_requested_at=Now()) == (
        "All capture nodes drain: nothing can be published | Node cam:1 drains, left: 3 streams, 1 pictures"
    )
    make_node(2)
    assert "All capture nodes drain" not in told(site_client)
    assert "Node cam:1 is drained" in says(drained_at=Now())


def test_the_list_needs_no_query_for_each_row(site_client: Client, django_assert_max_num_queries):
    for pid in range(1, 21):
        make_node(pid)
    site_client.get(LIST)
    with django_assert_max_num_queries(9):
        site_client.get(LIST)
