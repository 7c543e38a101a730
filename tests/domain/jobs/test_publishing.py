"""What captures write: names, timestamps, counts, and the guard of the run."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jobs.capture import Capture, Counts
from jobs.models import Job, Snapshot
from jobs.publishing import count, give_up, publish
from jobs.selectors import latest_snapshot
from jobs.services import delete_snapshot, restart_job, stop_job
from jobs.waiting import say_offline
from snapplatform.access.models import Account
from snapplatform.errors import SnapshotNotFound
from snapplatform.storage.models import Garbage, StoredObject
from snapplatform.storage.store import Blob
from snapplatform.streams.models import Stream

MOMENT = datetime(2026, 1, 31, 23, 30, 0, 250_000, tzinfo=UTC)
_blobs = iter(range(10**6))
_orders = iter(range(1, 10**6))


def blob() -> Blob:
    number = next(_blobs)
    return Blob(f"20260131/2330/{number:032x}.jpg", 10, f"{number:064x}")


def capture(job: Job, **changes: Any) -> Capture:
    facts: dict[str, Any] = {
        "job_id": job.pk,
        "stream_id": job.stream_id,
        "bucket_id": job.bucket_id,
        "run": job.run,
        "epoch": job.stream.epoch,
        "order": next(_orders),
        "sequence": blob() if job.template.sequence_format else None,
        "overwrite": blob() if job.template.overwrite_format else None,
        "image_format": "jpeg",
        "width": 64,
        "height": 36,
        "luma": 100,
        "flags": frozenset({"dark"}),
        "frame_at": MOMENT,
        "media_time_ms": 1234,
        "clock_offset_ms": 0,
        "tick_at": MOMENT + timedelta(milliseconds=300),
        "stored_at": MOMENT + timedelta(milliseconds=340),
        "late": False,
    }
    return Capture(**{**facts, **changes})


def both(job: Job) -> tuple[Snapshot, Snapshot]:
    return Snapshot.objects.get(job=job, is_overlay=False), Snapshot.objects.get(job=job, is_overlay=True)


def test_one_capture_makes_a_sequence_and_an_overwrite_object(submit):
    job = submit(
        live=True, template={"overwrite_format": "{JobId}.jpg", "sequence_format": "{UnixTimestamp}.jpg"}
    )
    assert publish([capture(job)], {})[0] == [""]
    sequence, overlay = both(job)
    stamp = int(MOMENT.timestamp() * 1000)
    assert (sequence.timestamp, overlay.timestamp) == (stamp, stamp - 1)
    assert sequence.object.key == f"{stamp}.jpg"
    assert overlay.object.key == f"{job.pk}.jpg"
    assert (sequence.lag_ms, sequence.age_ms, sequence.flags) == (40, 300, ["dark"])
    job.refresh_from_db()
    assert (job.captured, job.sequence, job.last_timestamp) == (1, 1, stamp)


def test_timestamps_rise_even_when_the_clock_goes_back(submit):
    job = submit(live=True, template={"sequence_format": "{UnixTimestamp}.jpg"})
    for shift in (0, -3600, -3600, 1):
        publish([capture(job, frame_at=MOMENT + timedelta(seconds=shift))], {})
    stamps = list(Snapshot.objects.filter(job=job).order_by("sequence").values_list("timestamp", flat=True))
    assert stamps == sorted(set(stamps))
    assert StoredObject.objects.count() == 4


def test_the_date_is_in_the_accounts_time_zone_and_the_sequence_has_six_digits(submit):
    job = submit(live=True, template={"sequence_format": "{Date}/{Sequence}.jpg"})
    Account.objects.filter(pk=job.account_id).update(time_zone="Asia/Shanghai")
    publish([capture(job)], {})
    assert StoredObject.objects.get().key == "2026-02-01/000001.jpg"


@pytest.mark.parametrize("change", [stop_job, restart_job])
def test_a_capture_of_an_earlier_run_is_refused_and_its_bytes_become_garbage(submit, principal, change):
    job = submit(live=True, template={"overwrite_format": "{JobId}.jpg"})
    late = capture(job)
    change(principal=principal, job_id=job.pk)
    assert publish([late], {})[0] == ["job not started"]
    assert not Snapshot.objects.exists()
    assert Garbage.objects.count() == 2


def test_a_picture_of_an_earlier_epoch_is_refused(submit):
    job = submit(live=True)
    late = capture(job)
    Stream.objects.filter(pk=job.stream_id).update(epoch=job.stream.epoch + 1)
    assert publish([late], {})[0] == ["stream taken over"]
    assert not Snapshot.objects.exists()
    assert Garbage.objects.count() == 1


def test_a_taken_name_is_skipped_and_counted(submit):
    first = submit(live=True, template={"sequence_format": "all/{Sequence}.jpg"})
    second = submit(live=True, template={"sequence_format": "all/{Sequence}.jpg"})
    assert publish([capture(first), capture(second)], {})[0] == ["", "name taken"]
    second.refresh_from_db()
    assert (second.captured, second.skipped, second.sequence) == (0, 1, 1)
    assert list(second.skips.values_list("reason", "count")) == [("name taken", 1)]


def test_counts_are_added_with_the_picture(submit):
    job = submit(live=True)
    publish([capture(job)], {(job.pk, job.run): Counts({"no video": 2})})
    job.refresh_from_db()
    assert (job.expected, job.captured, job.skipped) == (3, 1, 2)
    assert list(job.skips.values_list("reason", "count")) == [("no video", 2)]


def test_counts_of_an_earlier_run_belong_to_the_jobs_totals(submit, principal):
    job = submit(live=True)
    run = job.run
    restart_job(principal=principal, job_id=job.pk)
    count({(job.pk, run): Counts({"no video": 3})})
    job.refresh_from_db()
    assert (job.expected, job.skipped, job.skips.get().count) == (3, 3, 3)


def test_what_was_committed_before_a_broken_answer_is_not_published_twice(submit):
    job = submit(live=True, template={"overwrite_format": "{JobId}.jpg"})
    first, second = capture(job), capture(job)
    publish([first], {(job.pk, job.run): Counts()})
    assert publish([first, second], {(job.pk, job.run): Counts()}, again=True)[0] == ["", ""]
    assert Snapshot.objects.filter(is_overlay=False).count() == 2
    job.refresh_from_db()
    assert (job.captured, job.sequence) == (2, 2)


def test_a_picture_is_published_once_whoever_tries_again(submit):
    job = submit(live=True, template={"overwrite_format": "{JobId}.jpg"})
    first, second = capture(job), capture(job)
    publish([first, second], {})
    stood = set(StoredObject.objects.values_list("blob", flat=True))
    elsewhere = first.placed([blob(), blob()])  # out of the spool it comes with other blobs
    reasons, garbage = publish([first, second, elsewhere], {(job.pk, job.run): Counts({"no video": 2})})
    assert reasons == ["", "", ""]
    assert {row.blob for row in garbage} >= {item.blob for item in elsewhere.blobs}
    assert not {row.blob for row in garbage} & stood
    job.refresh_from_db()
    assert (job.expected, job.captured, job.skipped, job.sequence) == (4, 2, 2, 2)
    assert set(StoredObject.objects.values_list("blob", flat=True)) == stood


def test_an_older_picture_never_takes_an_overwrite_object_backwards(submit):
    job = submit(live=True, template={"sequence_format": "", "overwrite_format": "{JobId}.jpg"})
    old, new = capture(job), capture(job)
    publish([new], {})
    assert publish([old], {})[0] == [""]
    assert StoredObject.objects.get().blob == new.overwrite.blob
    job.refresh_from_db()
    assert job.captured == 1


def test_the_first_picture_of_a_new_epoch_may_have_any_order(submit):
    job = submit(live=True)
    publish([capture(job, order=10**12)], {})
    Stream.objects.filter(pk=job.stream_id).update(epoch=job.stream.epoch + 1)
    assert publish([capture(job, epoch=job.stream.epoch + 1, order=5)], {})[0] == [""]
    assert Snapshot.objects.count() == 2


def test_what_is_refused_is_counted_beside_what_is_published(submit):
    job = submit(live=True)
    late = capture(job, epoch=job.stream.epoch - 1)
    assert publish([late, capture(job)], {})[0] == ["stream taken over", ""]
    job.refresh_from_db()
    assert (job.expected, job.captured, job.skipped) == (2, 1, 1)


def test_a_picture_that_is_given_up_is_a_counted_skip(submit):
    job = submit(live=True)
    give_up(capture(job), "database error")
    job.refresh_from_db()
    assert (job.skipped, job.skips.get().reason, Garbage.objects.count()) == (1, "database error", 1)


def test_an_unknown_time_zone_costs_no_picture(submit):
    job = submit(live=True, template={"sequence_format": "{Date}/{Sequence}.jpg"})
    Account.objects.filter(pk=job.account_id).update(time_zone="Mars/Olympus")
    assert publish([capture(job)], {})[0] == [""]
    assert StoredObject.objects.get().key == "2026-01-31/000001.jpg"


def test_equal_bytes_under_one_name_are_two_pictures(submit):
    first = submit(live=True, template={"sequence_format": "all/{Sequence}.jpg"})
    second = submit(live=True, template={"sequence_format": "all/{Sequence}.jpg"})
    one = capture(first)
    same = replace(blob(), sha256=one.sequence.sha256)
    assert publish([one, capture(second, sequence=same)], {})[0] == ["", "name taken"]
    assert Snapshot.objects.get().job_id == first.pk


def test_an_overwrite_name_belongs_to_one_job(submit):
    first = submit(live=True, template={"overwrite_format": "door.jpg", "sequence_format": ""})
    second = submit(
        stream="yard", live=True, template={"overwrite_format": "door.jpg", "sequence_format": ""}
    )
    assert publish([capture(first), capture(second), capture(first)], {})[0] == ["", "name taken", ""]
    assert Snapshot.objects.get().job_id == first.pk
    second.refresh_from_db()
    assert (second.captured, second.skipped) == (0, 1)


def test_a_new_overwrite_name_takes_the_old_object_away(submit):
    job = submit(live=True, template={"overwrite_format": "one.jpg", "sequence_format": ""})
    publish([capture(job)], {})
    type(job.template).objects.filter(pk=job.template_id).update(overwrite_format="two.jpg")
    assert publish([capture(job)], {})[0] == [""]
    assert Snapshot.objects.get().object.key == "two.jpg"
    assert StoredObject.objects.count() == 1


def test_refused_pictures_count_as_skipped(submit):
    job = submit(live=True)
    Stream.objects.filter(pk=job.stream_id).update(epoch=99)
    publish([capture(job)], {(job.pk, job.run): Counts()})
    job.refresh_from_db()
    assert (job.expected, job.captured, job.skipped) == (1, 0, 1)


def test_the_newest_picture_is_the_one_that_stays(submit, principal):
    job = submit(live=True, template={"overwrite_format": "{JobId}.jpg"})
    publish([capture(job), capture(job)], {})
    assert not latest_snapshot(principal=principal, job_id=job.pk).is_overlay
    assert latest_snapshot(principal=principal, job_id=job.pk).sequence == 2


def test_a_replaced_overwrite_file_becomes_garbage(submit):
    job = submit(live=True, template={"sequence_format": "", "overwrite_format": "{JobId}.jpg"})
    first, second = capture(job), capture(job)
    publish([first], {})
    _, garbage = publish([second], {})
    assert [row.blob for row in garbage] == [first.overwrite.blob]
    assert StoredObject.objects.get().blob == second.overwrite.blob
    assert Snapshot.objects.get().sequence == 2


def test_deleting_a_snapshot_takes_its_object_and_leaves_garbage(submit, principal, other_principal):
    job = submit(live=True)
    publish([capture(job)], {})
    snapshot = Snapshot.objects.get()
    with pytest.raises(SnapshotNotFound):
        delete_snapshot(principal=other_principal, snapshot_id=snapshot.pk)
    delete_snapshot(principal=principal, snapshot_id=snapshot.pk)
    assert not StoredObject.objects.exists()
    assert not Snapshot.objects.exists()
    assert Garbage.objects.count() == 1


def test_jobs_of_lost_streams_are_marked(submit):
    job = submit(autostart=True)
    Job.objects.filter(pk=job.pk).update(waiting="")
    assert say_offline() == 1
    job.refresh_from_db()
    assert job.waiting == "stream offline"
