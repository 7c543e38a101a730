"""The checker of the fault bench finds each fault that it is there for."""

import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.faults import checker
from jobs.models import Job, Snapshot
from snapplatform import clock
from snapplatform.access.principal import Principal
from snapplatform.media.scene import Scene
from snapplatform.storage.buckets import root_of
from tests import factories

SIZE = (192, 108)


def draw(number: int) -> bytes:
    """A grey JPEG of the camera's scene."""
    plane = Scene(*SIZE).frame(number, 0.0).planes[0]
    luma = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[:, : SIZE[0]]
    target = io.BytesIO()
    Image.fromarray(luma.copy()).save(target, "JPEG", quality=90)
    return target.getvalue()


@pytest.fixture
def job(principal: Principal) -> Job:
    """A job with three pictures, of frames 10, 20 and 30."""
    job = factories.make_job(principal)
    began = clock.now() - timedelta(minutes=30)
    for sequence, frame in enumerate((10, 20, 30), start=1):
        taken = began + timedelta(seconds=sequence)
        factories.make_snapshot(job, draw(frame), sequence=sequence, frame_at=taken)
    Job.objects.filter(pk=job.pk).update(sequence=3, captured=3, expected=3)
    job.refresh_from_db()
    return job


@pytest.fixture
def check(job: Job) -> Callable[[], checker.Findings]:
    return lambda: checker.check(root_of(job.bucket))


def picture(job: Job, sequence: int) -> Snapshot:
    return Snapshot.objects.select_related("object").get(job=job, sequence=sequence)


def test_a_sound_site_has_no_faults(job: Job, check: Callable[[], checker.Findings]) -> None:
    found = check()
    assert (found.broken, found.pictures, found.orphans) == ([], 3, 0)
    assert found.frames == {job.pk: [(1, 10), (2, 20), (3, 30)]}


def test_a_missing_file_is_a_lost_picture(job: Job, check: Callable[[], checker.Findings]) -> None:
    (root_of(job.bucket) / picture(job, 2).object.blob).unlink()
    assert check().lost == {"row without its file": 1}


def test_a_cut_file_is_a_lost_picture(job: Job, check: Callable[[], checker.Findings]) -> None:
    path = root_of(job.bucket) / picture(job, 2).object.blob
    path.write_bytes(path.read_bytes()[:-10])
    assert check().lost == {"file with other bytes than its row says": 1}


def test_a_missing_row_is_a_lost_picture(job: Job, check: Callable[[], checker.Findings]) -> None:
    picture(job, 2).object.delete()
    found = check()
    assert found.lost == {"sequence number without a row": 1, "counted, but no row": 1}
    assert found.orphans == 1


def test_a_frame_taken_twice_is_doubled(job: Job, check: Callable[[], checker.Findings]) -> None:
    factories.make_snapshot(job, draw(30), sequence=4)
    Job.objects.filter(pk=job.pk).update(sequence=4, captured=4, expected=4)
    assert check().doubled == {"frame": 1}


def test_a_tick_and_a_number_used_twice_are_doubled(job: Job, check: Callable[[], checker.Findings]) -> None:
    taken = picture(job, 3).frame_at
    factories.make_snapshot(job, draw(40), sequence=3, frame_at=taken, timestamp=1)
    Job.objects.filter(pk=job.pk).update(captured=4, expected=4)
    assert check().doubled == {"sequence number": 1, "tick": 1}


def test_counters_that_do_not_add_up_are_wrong(job: Job, check: Callable[[], checker.Findings]) -> None:
    Job.objects.filter(pk=job.pk).update(expected=5, skipped=1)
    found = check()
    assert set(found.wrong) == {
        "skips without a reason",
        "tick with neither picture nor skip, or the other way",
    }


def test_what_waits_in_the_spool_for_ever_is_lost(
    job: Job, check: Callable[[], checker.Findings], settings: object
) -> None:
    spool = Path(settings.SNAP.data_dir) / "spool" / "0123456789abcdef"  # type: ignore[attr-defined]
    spool.mkdir(parents=True)
    try:
        (spool / "journal").write_text(
            '\n{"number":1,"settled":[],"item":{}}\n{"number":2,"settled":[1],"item":{}}'
        )
        assert check().lost == {"spooled, and never registered": 1}
    finally:
        (spool / "journal").unlink()
        spool.rmdir()
