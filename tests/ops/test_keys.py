"""create_access_key and create_stream_key."""

import json

import pytest
from django.core.management import CommandError, call_command

from snapplatform.access.authentication import by_access_key
from snapplatform.access.models import AccessKey
from snapplatform.access.services import digest
from snapplatform.ops.bootstrap import bootstrap
from snapplatform.streams.models import Stream, StreamKey

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _site() -> None:
    bootstrap()


def test_the_access_key_printed_as_json_signs_in(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("create_access_key", "admin", "--format", "json", "--description", "wall display")
    printed = json.loads(capsys.readouterr().out)
    assert set(printed) == {"AccessKeyId", "AccessKeySecret"}
    principal = by_access_key(printed["AccessKeyId"], printed["AccessKeySecret"])
    assert principal.name == "admin"
    assert AccessKey.objects.get().description == "wall display"


def test_the_access_key_as_text_shows_both_parts(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("create_access_key", "admin")
    first, second, _ = capsys.readouterr().out.splitlines()
    assert by_access_key(first.split()[1], second.split()[1])


@pytest.mark.parametrize("command", ["create_access_key", "create_stream_key"])
def test_an_unknown_user_is_answered_with_those_there_are(command: str) -> None:
    with pytest.raises(CommandError, match=r"'nobody'. Known: admin\."):
        call_command(command, "nobody")


def test_a_stream_key_opens_the_account(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("create_stream_key", "admin", "--format", "json", "--label", "gate")
    printed = json.loads(capsys.readouterr().out)
    key = StreamKey.objects.get(pk=printed["StreamKeyId"])
    assert (key.digest, key.stream, key.label) == (digest(printed["StreamKey"]), None, "gate")
    assert printed["PublishUrl"].endswith(f"/live/NAME?key={printed['StreamKey']}")


def test_a_stream_key_for_one_stream_registers_it(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("create_stream_key", "admin", "--stream", "gate-3")
    assert StreamKey.objects.get().stream == Stream.objects.get(name="gate-3")
    assert "/live/gate-3?key=sk_" in capsys.readouterr().out


def test_a_stream_key_for_an_impossible_name_is_refused_in_words() -> None:
    with pytest.raises(CommandError, match="name: must not"):
        call_command("create_stream_key", "admin", "--stream", "../x")
