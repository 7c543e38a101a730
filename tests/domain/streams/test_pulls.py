"""Who holds a pulled stream: claims, epochs, and what late holders may still write."""

import threading

import pytest
from django.db import connection, transaction
from django.db.models import Q

from jobs import demand, publishing
from jobs.services import stop_job
from jobs.waiting import say_offline
from snapplatform.cluster import nodes
from snapplatform.cluster.models import Node
from snapplatform.errors import StreamIsPulled
from snapplatform.streams import live, pulls, reasons
from snapplatform.streams.models import Stream
from tests import factories
from tests.domain.jobs.test_publishing import capture

URL = "rtmp://media.example.com/live/a?key=DOMAIN-SECRET"


@pytest.fixture
def node(db) -> Node:
    return nodes.register(rtmp_address="127.0.0.1:0", capacity=100)


@pytest.fixture
def other(db) -> Node:
    return nodes.register(rtmp_address="127.0.0.1:1", capacity=100)


@pytest.fixture
def job(principal):
    """A started job on a pulled stream."""
    return factories.make_job(principal, stream=factories.make_stream(principal, "cam", source_url=URL))


def free() -> list:
    return pulls.unheld(demand.wanted())


def claim(node: Node, most: int = 10) -> list[pulls.Claim]:
    return pulls.claim(node_id=node.pk, wanted=demand.wanted(), among=free(), most=most)


def row() -> Stream:
    return Stream.objects.get(name="cam")


def test_a_wanted_stream_is_claimed_once_under_a_new_epoch(node, other, job):
    [taken] = claim(node)
    assert (taken.held.node_id, taken.held.epoch, taken.source.url) == (node.pk, 1, URL)
    assert (row().state, row().node_id, row().epoch) == ("opening", node.pk, 1)
    assert claim(other) == [] == free()
    assert "DOMAIN-SECRET" not in repr(taken)


def test_only_what_a_started_job_is_on_is_wanted(node, job, principal):
    factories.make_stream(principal, "idle", source_url=URL)
    factories.make_stream(principal, "published")
    assert free() == [job.stream_id]
    stop_job(principal=principal, job_id=job.pk)
    assert free() == []


def test_a_disabled_account_s_streams_are_nobodys(node, job):
    type(job.account).objects.update(status="disabled")
    assert free() == []


def test_a_claim_takes_no_more_than_it_may(node, job, principal):
    for _ in range(4):
        factories.make_job(principal, stream=factories.make_stream(principal, source_url=URL))
    assert len(claim(node, most=3)) == 3
    assert len(free()) == 2


def test_a_buried_node_claims_nothing(node, job):
    assert nodes.bury(node.pk, node.beat)
    assert claim(node) == []


def test_a_row_that_changed_between_look_and_claim_is_left_alone(node, other, job):
    looked = Stream.objects.get(pk=job.stream_id)
    claim(other)
    with transaction.atomic():
        assert pulls._take([looked], node.pk) == []
    assert (row().node_id, row().epoch) == (other.pk, 1)


def test_a_dead_node_s_streams_are_taken_over_and_its_writes_refused(node, other, job):
    [old] = claim(node)
    assert live.describe(old.held, state="live", offline_reason="")
    assert free() == []
    assert nodes.bury(node.pk, node.beat)
    assert live.release_dead() == 1
    [new] = claim(other)
    assert new.held.epoch == 3  # one step when it was released, one when it was taken
    assert not live.describe(old.held, state="live", offline_reason="")
    assert not live.go_offline(old.held, "late")
    assert (row().state, row().node_id) == ("opening", other.pk)
    assert pulls.standing(node.pk) == ([], [])


def test_a_node_s_own_writes_of_an_earlier_epoch_are_refused(node, job):
    [old] = claim(node)
    assert live.go_offline(old.held, "not wanted")
    [new] = claim(node)
    assert not live.describe(old.held, state="live")
    assert not live.go_offline(old.held, "late")
    assert live.describe(new.held, state="live")


def test_an_opening_stream_of_a_dead_node_is_released_too(node, job):
    claim(node)
    assert nodes.bury(node.pk, node.beat)
    assert live.release_dead() == 1
    assert row().offline_reason == "its node died"


def test_pictures_of_the_old_holder_are_refused(node, other, job):
    [old] = claim(node)
    nodes.bury(node.pk, node.beat)
    live.release_dead()
    claim(other)
    assert publishing.publish([capture(job, epoch=old.held.epoch)], {})[0] == [publishing.STALE_EPOCH]
    assert publishing.publish([capture(job, epoch=row().epoch)], {})[0] == [""]


def test_what_a_node_holds_is_read_with_its_source_as_it_is_now(node, job, principal):
    claim(node)
    Stream.objects.update(source_url="rtmp://media.example.com/live/b", source_encrypted="")
    [kept], disabled = pulls.standing(node.pk)
    assert (kept.source.url, disabled) == ("rtmp://media.example.com/live/b", [])
    type(job.account).objects.update(status="disabled")
    kept, disabled = pulls.standing(node.pk)
    assert (kept, [held.stream_id for held in disabled]) == ([], [job.stream_id])


def test_a_secret_that_cannot_be_read_keeps_the_claim(node, job):
    Stream.objects.update(source_encrypted="nonsense")
    [taken] = claim(node)
    assert taken.source is None


def test_a_reader_s_node_takes_the_stream_that_it_wants(node, other, principal):
    stream = factories.make_stream(principal, "cam", source_url=URL)
    ask = {"account_id": principal.account_id, "name": "cam"}
    assert pulls.claim_one(node_id=node.pk, **ask).held.stream_id == stream.pk
    assert pulls.claim_one(node_id=other.pk, **ask) is None
    assert pulls.claim_one(node_id=other.pk, account_id=1, name="cam") is None


def test_a_pulled_stream_can_t_be_published(node, job):
    with pytest.raises(StreamIsPulled, match="pulled from its source"):
        live.go_live(
            node_id=node.pk, admission=live.Admission(job.account_id, None), name="cam", publisher=""
        )


def test_loads_are_of_nodes_that_take_streams(node, other, job):
    claim(node)
    Node.objects.filter(pk=other.pk).update(capacity=0)
    found = pulls.loads(50)
    assert (found[node.pk].held, found[node.pk].capacity) == (1, 100)
    assert found[other.pk].capacity == 50
    Node.objects.filter(pk=other.pk).update(drain_requested_at=other.started_at)
    assert set(pulls.loads(50)) == {node.pk}


def test_jobs_without_a_node_are_told_so(node, job):
    assert job.waiting == reasons.CONNECTING
    assert say_offline() == 1
    job.refresh_from_db()
    assert job.waiting == reasons.NO_NODE
    assert say_offline() == 0


def test_how_often_jobs_want_pictures_of_a_stream(job, principal):
    often = factories.make_template(principal, interval_ms=1000)
    factories.make_job(principal, stream=job.stream, template=often)
    found = demand.seconds_between([job.stream_id])
    assert found[job.stream_id] == pytest.approx(1 / (1 / 1 + 1 / 5))
    assert demand.seconds_between([]) == {}


@pytest.mark.django_db(transaction=True)
def test_nodes_that_claim_at_one_time_share_and_never_both_take_one(transactional_db):
    principal = factories.make_principal(is_root=True)
    bucket, template = factories.make_bucket(principal), factories.make_template(principal)
    for _ in range(30):
        stream = factories.make_stream(principal, source_url=URL)
        factories.make_job(principal, stream=stream, bucket=bucket, template=template)
    takers = [nodes.register(rtmp_address=f"127.0.0.1:{port}") for port in range(3)]
    taken: dict[object, list[pulls.Claim]] = {taker.pk: [] for taker in takers}
    ready = threading.Barrier(len(takers))

    def take(taker: Node) -> None:
        ready.wait()
        try:
            while streams := pulls.unheld(Q()):
                taken[taker.pk] += pulls.claim(node_id=taker.pk, wanted=Q(), among=streams, most=2)
        finally:
            connection.close()

    threads = [threading.Thread(target=take, args=(taker,)) for taker in takers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    claims = [claim for each in taken.values() for claim in each]
    assert len({claim.held.stream_id for claim in claims}) == len(claims) == 30
    assert set(Stream.objects.values_list("epoch", flat=True)) == {1}
