"""A capture in a file is the same capture when it is read again, or it is said to be damaged."""

import json
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from jobs import sidecar
from jobs.capture import Capture
from snapplatform.storage.store import Blob

NOW = datetime(2026, 1, 31, 23, 30, 0, 250_000, tzinfo=UTC)
BLOB = Blob("20260131/2330/" + "a" * 32 + ".jpg", 1000, "e" * 64)


@pytest.fixture
def capture() -> Capture:
    return Capture(
        job_id=uuid4(),
        stream_id=uuid4(),
        bucket_id=uuid4(),
        run=3,
        epoch=5,
        order=1_234_567,
        sequence=BLOB,
        overwrite=None,
        image_format="jpeg",
        width=1920,
        height=1080,
        luma=100,
        flags=frozenset({"dark", "frozen"}),
        frame_at=NOW,
        media_time_ms=-40,
        clock_offset_ms=-3,
        tick_at=NOW,
        stored_at=NOW,
        late=True,
    )


def written(capture: Capture, **changes: Any) -> Any:
    return json.loads(json.dumps({**sidecar.dump(capture), **changes}))


def test_it_comes_back_the_same(capture):
    assert sidecar.load(written(capture)) == capture
    both = replace(capture, overwrite=Blob("", 7, "f" * 64))
    assert sidecar.load(written(both)) == both


def test_every_fact_of_a_capture_is_in_it():
    assert set(sidecar.READERS) == {item.name for item in fields(Capture)}


@pytest.mark.parametrize("name", sorted(sidecar.READERS))
@pytest.mark.parametrize("value", [[1], {"a": 1}, 1.5, "\ud800", 2**70, "2026-01-31T00:00:00"])
def test_what_is_no_such_fact_is_said_by_name(capture, name, value):
    if (name, value) == ("image_format", "2026-01-31T00:00:00") or (name, value) == (
        "image_format",
        "\ud800",
    ):
        return  # any text is; what it means is asked when it is used
    with pytest.raises(ValueError, match=name):
        sidecar.load({**sidecar.dump(capture), name: value})


@pytest.mark.parametrize("name", sorted(sidecar.READERS))
def test_what_is_missing_is_said_by_name(capture, name):
    document = written(capture)
    del document[name]
    with pytest.raises(ValueError, match=name):
        sidecar.load(document)


@pytest.mark.parametrize("document", [None, [], "x", 7, {}, {"version": 2}, {"version": "1"}])
def test_what_is_no_sidecar_is_refused(document):
    with pytest.raises(ValueError):
        sidecar.load(document)


def test_placed_names_each_blob_it_has(capture):
    new = [Blob("x", 1, "a"), Blob("y", 1, "b")]
    assert capture.placed(new[:1]).blobs == new[:1]
    assert replace(capture, overwrite=BLOB).placed(new).blobs == new
    assert replace(capture, sequence=None, overwrite=BLOB).placed(new[1:]).overwrite == new[1]
