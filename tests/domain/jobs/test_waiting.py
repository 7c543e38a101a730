"""What jobs wait for is said by who holds their stream, and by nobody who held it before."""

from collections.abc import Callable

import pytest

from jobs.models import Job
from jobs.waiting import say_of_held
from snapplatform.access.models import Account
from snapplatform.cluster import nodes
from snapplatform.cluster.models import Node
from snapplatform.streams import live


@pytest.fixture
def node(db: None) -> Node:
    return nodes.register(rtmp_address="127.0.0.1:1935")


def take(node: Node, account: Account) -> live.Held:
    admission = live.Admission(account.pk, None)
    return live.go_live(node_id=node.pk, admission=admission, name="cam", publisher="127.0.0.1")


def waiting(job: Job) -> str:
    return Job.objects.get(pk=job.pk).waiting


def test_the_holder_says_what_jobs_wait_for(node: Node, account: Account, submit: Callable[..., Job]) -> None:
    held = take(node, account)
    job = submit()
    assert say_of_held(held, "no video") == 1
    assert waiting(job) == "no video"
    assert say_of_held(held, "no video") == 0


def test_who_lost_the_stream_says_nothing(node: Node, account: Account, submit: Callable[..., Job]) -> None:
    old, new = take(node, account), take(node, account)
    job = submit()
    assert new.epoch > old.epoch
    assert say_of_held(old, "no video") == 0
    assert waiting(job) == ""
