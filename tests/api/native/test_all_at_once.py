"""Several mistakes in one request are told in one answer: what can't be read, and what the domain refuses."""

from typing import Any
from uuid import uuid4

import pytest

from tests.api.native.client import Api, wrong


@pytest.mark.parametrize(
    ("path", "body", "named"),
    [
        (
            "templates",
            {"name": "b", "interval": -5, "sequence_format": "a.jpg"},
            {"interval", "sequence_format"},
        ),
        (
            "templates",
            {"interval": 5, "overwrite_format": "/x/{Foo}.gif", "sequence_format": "pic.jpg", "quality": 0},
            {"name", "overwrite_format", "sequence_format", "quality"},
        ),
        ("templates", {"name": "a\nb", "interval": "5"}, {"name", "interval", "overwrite_format"}),
        ("templates", {"name": "b", "interval": 5, "sequence_format": 5, "colour": 1},
         {"sequence_format", "colour"}),
        ("streams", {"name": "a?b", "title": "x" * 129, "preroll_seconds": -1},
         {"name", "title", "preroll_seconds"}),
        ("streams", {"name": "a?b", "title": "a\nb", "preroll_seconds": "1"},
         {"name", "title", "preroll_seconds"}),
        ("buckets", {"name": "-UP-", "endpoint": "a\tb", "retention_days": "7"},
         {"name", "endpoint", "retention_days"}),
        ("stream-keys", {"label": "a\nb", "stream_id": "x"}, {"label", "stream_id"}),
        (
            "jobs",
            {"name": "a\nb", "template_id": "five", "source_url": "rtmp://127.0.0.1/other/a",
             "retention_days": 0, "bucket": "b", "bucket_id": str(uuid4())},
            {"name", "template_id", "source_url", "retention_days", "bucket", "bucket_id"},
        ),
        ("jobs", {"name": "n", "stream_name": 5, "skip_flags": ["blue"]},
         {"template_id", "stream_name", "skip_flags.0", "bucket_id"}),
    ],
)  # fmt: skip
def test_all_mistakes_of_a_body_are_named(api: Api, path: str, body: dict[str, Any], named: set[str]):
    assert set(wrong(api.post(path, body))) == named


def test_all_mistakes_of_a_change_are_named(api: Api, template: Any):
    found = wrong(api.patch(f"templates/{template.pk}", interval="x", overwrite_format="{Date}", width=1))
    assert set(found) == {"interval", "overwrite_format", "width"}


def test_a_change_may_keep_what_it_does_not_name(api: Api, template: Any):
    """Alone, a name that ends in .webp is right for no JPEG; together with the kind of picture it is."""
    webp = "{Sequence}.webp"
    assert set(wrong(api.patch(f"templates/{template.pk}", sequence_format=webp))) == {"sequence_format"}
    assert api.patch(f"templates/{template.pk}", sequence_format=webp, image_format="webp").json()["id"]


def test_all_mistakes_of_a_query_are_named(api: Api):
    found = wrong(api.get("snapshots", since="2026-03-02T00:00:00Z", until="2026-03-01T00:00:00Z", limit=0))
    assert set(found) == {"since", "until", "limit"}


@pytest.mark.parametrize("path", ["jobs", "snapshots"])
def test_a_span_that_ends_before_it_begins_names_both(api: Api, path: str):
    found = wrong(api.get(path, since="2026-03-01T12:00:00.001Z", until="2026-03-01T12:00:00Z"))
    assert found == {
        "since": "must not be later than `until`",
        "until": "must not be earlier than `since`",
    }
