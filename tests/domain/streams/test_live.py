"""Who holds a stream."""

import pytest

from snapplatform.cluster import nodes
from snapplatform.cluster.models import Node
from snapplatform.errors import AlreadyPublished, InvalidValue, PermissionRefused
from snapplatform.streams import live
from snapplatform.streams.addresses import own_stream_name, without_secrets
from snapplatform.streams.models import Stream
from snapplatform.streams.services import create_stream_key, revoke_stream_key


@pytest.fixture
def node(db) -> Node:
    return nodes.register(rtmp_address="127.0.0.1:0")


def take(node: Node, account, name: str = "cam") -> live.Held:
    return live.go_live(
        node_id=node.pk, admission=live.Admission(account.pk, None), name=name, publisher="127.0.0.1"
    )


def test_a_stream_is_registered_when_it_is_first_published(node, account):
    held = take(node, account)
    stream = Stream.objects.get()
    assert (stream.state, stream.epoch, stream.number, stream.node_id) == ("live", 1, 1, node.pk)
    assert held.stream_id == stream.pk


def test_a_stream_that_another_node_holds_is_refused_and_its_holder_told(node, account):
    held = take(node, account)
    other = nodes.register(rtmp_address="127.0.0.1:1")
    with pytest.raises(AlreadyPublished):
        take(other, account)
    assert live.news([held]) == live.News({}, {held.stream_id})
    assert live.news([held]) == live.News({}, set())


def test_its_own_node_may_take_it_again(node, account):
    """The write that puts it offline may have failed; whether it is fed is the hub's to know."""
    take(node, account)
    assert take(node, account).epoch == 2


def test_a_node_is_told_of_streams_that_are_not_its_own_any_more(node, account, principal):
    old = take(node, account)
    assert live.news([take(node, account), old]).gone == {old.stream_id: "taken over"}
    key, text = create_stream_key(principal=principal)
    held = live.go_live(
        node_id=node.pk,
        admission=live.admit(name="keyed", key=text, open_account=False),
        name="keyed",
        publisher="",
    )
    assert live.news([held]).gone == {}
    revoke_stream_key(principal=principal, key_id=key.pk)
    assert live.news([held]).gone == {held.stream_id: "its key was revoked"}
    type(account).objects.filter(pk=account.pk).update(status="disabled")
    assert live.news([held]).gone == {held.stream_id: "the account is disabled"}


def test_a_disabled_account_publishes_nothing(account):
    type(account).objects.update(status="disabled")
    with pytest.raises(PermissionRefused):
        live.admit(name="cam", key="", open_account=True)


def test_two_accounts_may_use_one_name(node, account, other_principal):
    take(node, account)
    other = live.go_live(
        node_id=node.pk, admission=live.Admission(other_principal.account_id, None), name="cam", publisher=""
    )
    assert other.account_id != account.pk
    assert Stream.objects.filter(name="cam", state="live").count() == 2


def test_a_dead_nodes_stream_may_be_taken_and_its_late_writes_change_nothing(node, account):
    old = take(node, account)
    assert nodes.bury(node.pk, node.beat)
    newer = nodes.register(rtmp_address="127.0.0.1:1")
    held = take(newer, account)
    assert held.epoch == 2
    assert not live.describe(old, width=1)
    assert not live.go_offline(old, "late")
    assert Stream.objects.get().state == "live"
    assert live.go_offline(held, "unpublished")


def test_streams_of_dead_nodes_go_offline(node, account):
    take(node, account)
    assert live.release_dead() == 0
    nodes.leave(node.pk)
    assert live.release_dead() == 1
    assert Stream.objects.get().offline_reason == "its node died"


def test_a_key_opens_its_account_only(account, principal, other_principal):
    key, text = create_stream_key(principal=other_principal)
    assert live.admit(name="cam", key=text, open_account=True).account_id == other_principal.account_id
    revoke_stream_key(principal=other_principal, key_id=key.pk)
    with pytest.raises(PermissionRefused):
        live.admit(name="cam", key=text, open_account=True)


def test_a_streams_own_key_opens_nothing_else(node, account, principal):
    held = take(node, account)
    _, text = create_stream_key(principal=principal, stream_id=held.stream_id)
    assert live.admit(name="cam", key=text, open_account=False).account_id == account.pk
    with pytest.raises(PermissionRefused):
        live.admit(name="other", key=text, open_account=False)


@pytest.mark.parametrize(
    "name",
    ["", "a//b", "../a", "a/./b", "x" * 256, "a?b", "a\0", "a\nb", " a", "a b", "50%25", "\ud800", "<b>"],
)
def test_bad_names_are_refused(account, name):
    with pytest.raises(InvalidValue):
        live.admit(name=name, key="", open_account=True)


def test_our_own_addresses_name_streams(settings):
    port = settings.SNAP.rtmp_port
    assert own_stream_name("Url", f"rtmp://127.0.0.1:{port}/live/a/b:c?key=K") == "a/b:c"
    assert own_stream_name("Url", f"rtmp://localhost:{port}/live/a%3Ab") == "a:b"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/live/a",
        "rtmp://example.com/live/a",
        "rtmp://127.0.0.1:1/live/a",
        "rtmp://127.0.0.1:1935/other/a",
        "rtmp://127.0.0.1:1935/live/",
        "rtmp://127.0.0.1:99999/live/a",
        "rtmp://[::1/live/a",
        "file:///etc/passwd",
        "rtmp://127.0.0.1:1935/live/%00",
        "rtmp://x" + "y" * 2048,
    ],
)
def test_other_addresses_are_refused_with_a_reason(url):
    with pytest.raises(InvalidValue) as refusal:
        own_stream_name("source_url", url)
    assert refusal.value.reason


def test_addresses_are_kept_without_secrets():
    assert without_secrets("rtmp://u:p@h:1935/live/a?key=K") == "rtmp://h:1935/live/a"
