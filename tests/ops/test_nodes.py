"""`manage.py nodes`: what it shows, what it asks, how it says no."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models.functions import Now

from snapplatform.cluster import nodes
from snapplatform.cluster.models import Node
from snapplatform.streams.models import Stream
from tests import factories

FIGURES = {
    "streams": 2,
    "cores": 4,
    "cpu_cores": 0.5,
    "idle_cores": 3.0,
    "pictures_per_second": 1.25,
    "decoders_ready": 2,
    "decoder_restarts": 3,
    "writer_queue": 7,
}


@pytest.fixture
def node(db: None) -> Node:
    made = nodes.register(rtmp_address="0.0.0.0:1935", capacity=50)
    Node.objects.filter(pk=made.pk).update(host="cam-host", pid=4711, place="elsewhere", stats=FIGURES)
    made.refresh_from_db()
    return made


def say(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    call_command("nodes", *words)
    return capsys.readouterr().out


def change(node: Node, **fields: Any) -> None:
    Node.objects.filter(pk=node.pk).update(**fields)


def another(**fields: Any) -> Node:
    made = Node.objects.create(host="cam-host", pid=4712, beat_at=Now(), started_at=Now(), **fields)
    made.refresh_from_db()
    return made


def publish(node: Node, name: str) -> None:
    stream = factories.make_stream(factories.make_principal(), name, live=True)
    Stream.objects.filter(pk=stream.pk).update(node=node)


def test_the_table_tells_state_load_and_room(node, capsys):
    publish(node, "gate/3")
    heads, cells = (line.split("  ") for line in say(capsys).splitlines())
    row = dict(zip([h.strip() for h in heads if h], [c.strip() for c in cells if c], strict=True))
    assert row.pop("ID") == str(node.pk)[:13]
    assert row.pop("SINCE").endswith(" s")
    assert row == {
        "NODE": "cam-host:4711",
        "STATE": "alive",
        "ADDRESS": "0.0.0.0:1935",
        "STREAMS": "1",
        "ROOM": "48",
        "CPU": "0.50 of 4",
        "PICTURES/S": "1.2",
        "CLOCK": "+0 ms",
        "DECODERS": "2, 3 restarted",
        "QUEUE": "7",
        "SPOOL": "-",
    }


def test_warnings_stand_below_their_node(node, capsys):
    change(node, clock_offset_ms=-812, stats={**FIGURES, "spool": {"entries": 3, "bytes": 4_200_000}})
    lines = say(capsys).splitlines()
    assert lines[1].split()[-3:] == ["3,", "4.2", "MB"]
    assert lines[2:] == [
        "  ! its clock is 812 ms behind the database's",
        "  ! 3 pictures wait in its spool",
    ]


def test_streams_are_named_with_their_account(node, capsys):
    publish(node, "gate/3")
    account = Stream.objects.get().account
    assert say(capsys, "--streams").splitlines()[-1] == f"cam-host:4711  {account}  gate/3  ingested"


def test_json_is_for_programs(node, capsys):
    publish(node, "gate/3")
    [found] = json.loads(say(capsys, "--json"))
    assert (found["id"], found["host"], found["pid"]) == (str(node.pk), "cam-host", 4711)
    assert (found["state"], found["capacity"], found["head_room"]) == ("alive", 50, 48)
    assert (found["load"], found["stats"]) == (0.125, FIGURES)
    assert [stream["name"] for stream in found["streams"]] == ["gate/3"]


def test_stopped_nodes_are_shown_when_asked_for(node, capsys):
    gone = another(stopped_at=Now(), stop_reason="it missed its beats")
    assert str(gone) not in say(capsys)
    assert "stopped (it missed its beats)" in say(capsys, "--all")


def test_without_a_living_node_the_exit_code_says_so(node, capsys):
    change(node, beat_at=Now() - timedelta(minutes=2))
    with pytest.raises(CommandError, match="No capture node lives"):
        call_command("nodes")
    assert "silent" in capsys.readouterr().out


def test_drain_and_undrain(node, capsys):
    another()
    assert say(capsys, "drain", "cam-host:4711") == "Node cam-host:4711 drains: it takes nothing new.\n"
    assert nodes.beat(node.pk, {}).draining
    assert "draining" in say(capsys)
    say(capsys, "undrain", str(node.pk))
    assert not nodes.beat(node.pk, {}).draining


def test_drain_says_that_it_is_done(node, capsys):
    another()
    say(capsys, "drain", "cam-host:4711")
    nodes.drained(node.pk)
    assert "is drained" in say(capsys, "drain", "cam-host:4711", "--wait", "0.1")
    [found] = [each for each in json.loads(say(capsys, "--json")) if each["pid"] == 4711]
    assert found["state"] == "drained"


def test_what_is_not_empty_in_time_fails(node, capsys):
    another()
    with pytest.raises(CommandError, match=r"still holds something after 0\.1 s"):
        call_command("nodes", "drain", "cam-host:4711", "--wait", "0.1")


def test_an_answer_in_json_may_be_asked_for_on_either_side(node, capsys):
    another()
    for words in (["--json", "drain", "cam-host:4711"], ["drain", "cam-host:4711", "--json"]):
        assert json.loads(say(capsys, *words))["state"] == "draining"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["drain", "cam-host:4711"], "only one that takes streams"),
        (["drain", "cam-host:1"], "No such node: cam-host:1"),
        (["undrain", "nowhere"], "No such node: nowhere"),
    ],
)
def test_refusals_name_thing_reason_and_next_step(node, words, said):
    with pytest.raises(CommandError, match=said):
        call_command("nodes", *words)


def test_the_only_node_is_drained_by_force(node, capsys):
    say(capsys, "drain", "cam-host:4711", "--force")
    assert nodes.beat(node.pk, {}).draining
