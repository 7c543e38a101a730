"""Every reason for a missing picture is explained, here and in docs/jobs.md, with what mends it."""

from pathlib import Path

import pytest

from jobs import capture, placing, publishing, reasons
from jobs.explanations import EXPLANATIONS, LATE
from jobs.models import QUALITY_FLAGS, Job
from snapplatform.media.types import REASONS
from snapplatform.node import keeping, runner, writer
from snapplatform.streams import livestream
from snapplatform.streams import reasons as away
from snapplatform.streams.models import Stream
from templates.models import Template
from tests import factories

DOCS = Path(__file__).parents[3] / "docs" / "jobs.md"
SAID = {
    value
    for module in (away, capture, keeping, livestream, placing, publishing, runner, writer)
    for name, value in vars(module).items()
    if name.isupper() and isinstance(value, str)
}


@pytest.fixture
def slow(principal) -> Job:
    """A job that wants a picture every 5 s of a stream with a keyframe every 10 s."""
    stream = factories.make_stream(principal, live=True)
    Stream.objects.filter(pk=stream.pk).update(gop_seconds=10.02)
    stream.refresh_from_db()
    return factories.make_job(principal, stream=stream)


@pytest.mark.parametrize("reason", sorted({*SAID, *QUALITY_FLAGS, *(f"decode: {item}" for item in REASONS)}))
def test_every_reason_of_the_nodes_is_explained(reason: str):
    assert EXPLANATIONS[reason].strip()


def test_docs_tell_the_same():
    text = DOCS.read_text()
    rows = [line for line in text.partition("## Reasons")[2].splitlines() if line.startswith("| `")]
    assert rows == [f"| `{reason}` | {words} |" for reason, words in EXPLANATIONS.items()]
    assert LATE in text


def test_a_long_gop_is_told_with_its_numbers(slow: Job):
    said = reasons.explain("no new keyframe", slow)
    assert said.startswith("The encoder sends a keyframe every 10 s, and the job wants a picture every 5 s.")
    assert "Shorten the encoder's keyframe interval" in said and "newest frame" in said


def test_a_short_gop_is_not_blamed(slow: Job):
    slow.stream.gop_seconds = 2
    assert reasons.explain("no new keyframe", slow) == EXPLANATIONS["no new keyframe"]


@pytest.mark.parametrize(
    "reason",
    [
        "unsupported video codec vp6",
        "bad name: at most 200 bytes a part",
        "address refused: a private network",
    ],
)
def test_reasons_with_details_are_known_by_how_they_begin(slow: Job, reason: str):
    assert reasons.explain(reason, slow) in EXPLANATIONS.values()


def test_an_unknown_reason_points_to_the_log(slow: Job):
    assert "log" in reasons.explain("avcC version 0 is not 1", slow)


def test_jobs_with_too_rare_keyframes_are_found(slow: Job):
    def found() -> bool:
        return Job.objects.filter(reasons.rare_keyframes(), pk=slow.pk).exists()

    assert found()
    assert reasons.rare_words(slow) == "a picture every 5 s is wanted, but a keyframe comes every 10 s"
    Stream.objects.filter(pk=slow.stream_id).update(gop_seconds=5.1)  # as long as the interval: fine
    assert not found()
    Stream.objects.filter(pk=slow.stream_id).update(gop_seconds=10)
    Template.objects.filter(pk=slow.template_id).update(capture="exact")
    assert not found()
