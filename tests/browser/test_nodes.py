"""Nodes as who runs the site sees them: drained by a click, and readable on a small screen."""

import pytest
from django.db.models.functions import Now
from playwright.sync_api import Page, expect

from snapplatform.access.principal import Principal
from snapplatform.cluster.models import Node
from snapplatform.streams.models import Stream
from tests import factories

pytestmark = pytest.mark.browser

FIGURES = {
    "streams": 1,
    "cores": 4,
    "cpu_cores": 0.5,
    "idle_cores": 3.0,
    "decoders_ready": 2,
    "spool": {"entries": 3, "bytes": 5_368_709_120, "limit_bytes": 5_368_709_120, "full": True},
}


def make_node(pid: int) -> Node:
    return Node.objects.create(
        host="camera-host", pid=pid, rtmp_address="0.0.0.0:1935", beat_at=Now(), started_at=Now(),
        capacity=50, stats=FIGURES,
    )  # fmt: skip


@pytest.fixture
def node(who: Principal) -> Node:
    """It holds a stream; and there is another one."""
    made = make_node(1)
    make_node(2)
    stream = factories.make_stream(who, "a/long/" + "name-" * 20, live=True)
    Stream.objects.filter(pk=stream.pk).update(node=made)
    return made


def test_a_node_is_drained_by_clicking(admin_page: Page, node: Node):
    admin_page.locator("#nav-sidebar a[href='/admin/cluster/node/']").click()
    admin_page.get_by_role("link", name="camera-host:1").click()
    admin_page.get_by_role("button", name="Drain").click()
    expect(admin_page.get_by_text("Node camera-host:1: asked to drain.")).to_be_visible()
    expect(admin_page.get_by_text("It takes nothing new and lets its publishers go.")).to_be_visible()
    admin_page.goto("/".join(admin_page.url.split("/")[:3]) + "/admin/")
    expect(admin_page.get_by_role("link", name="Node camera-host:1 drains")).to_be_visible()


@pytest.mark.parametrize("width", [1440, 390])
def test_the_pages_are_no_wider_than_the_window(admin_page: Page, node: Node, width: int):
    start = admin_page.url
    admin_page.set_viewport_size({"width": width, "height": 844})
    for path in ("cluster/node/", f"cluster/node/{node.pk}/change/", "cluster/duty/", ""):
        admin_page.goto(start + path)
        assert admin_page.evaluate("document.documentElement.scrollWidth") <= width, path
