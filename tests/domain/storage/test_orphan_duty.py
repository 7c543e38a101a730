"""What a crash leaves is swept without a person: files without a row, of the hours since the last sweep."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from snapplatform import clock
from snapplatform.cluster.duties import run_due
from snapplatform.cluster.models import Duty
from snapplatform.storage import ledger, retention
from snapplatform.storage.models import Garbage, StoredObject
from tests import factories
from tests.domain.storage.damage import files, later, lose, orphan, put, unmount


@pytest.fixture
def row(bucket):
    return put(bucket, "a.jpg")


def swept_last(ago: timedelta):
    Duty.objects.create(name=retention.ORPHANED_FILES, due_at=Now(), last_finished_at=clock.now() - ago)


def test_orphans_go_after_a_second_look(bucket, row):
    orphan(bucket)
    duty = [spec for spec in retention.DUTIES if spec.name == retention.ORPHANED_FILES]
    with later():
        assert run_due(duty) == [retention.ORPHANED_FILES]
        assert Duty.objects.get().last_result == "1 files put into the garbage"
        assert ledger.collect_garbage(10) == 0
    with later(minutes=71):
        assert ledger.collect_garbage(10) == 1
    assert files(bucket) == [row.blob]


def test_young_files_are_left_alone(bucket, row):
    orphan(bucket)
    assert retention.sweep_orphans() == "0 files put into the garbage"


def test_only_the_time_since_the_last_sweep_is_looked_through(bucket, row):
    orphan(bucket)
    with later(hours=3):
        swept_last(timedelta(hours=2))
        assert retention.sweep_orphans() == "0 files put into the garbage"
        Duty.objects.update(last_finished_at=clock.now() - timedelta(hours=3))
        assert retention.sweep_orphans() == "1 files put into the garbage"


def test_a_worker_that_was_away_for_long_looks_back_a_day(bucket, row):
    orphan(bucket)
    swept_last(timedelta(days=9))
    with later(hours=26):
        assert retention.sweep_orphans() == "0 files put into the garbage"
    with later(hours=20):
        assert retention.sweep_orphans() == "1 files put into the garbage"


def test_too_many_are_told_and_left_and_stop_no_other_bucket(principal, bucket, row):
    for _ in range(20):
        orphan(bucket)
    other = factories.make_bucket(principal)
    put(other, "a.jpg")
    orphan(other)
    gone = factories.make_bucket(principal, name="gone")
    put(gone, "a.jpg")
    unmount(gone)
    with later():
        words = retention.sweep_orphans()
    assert words.startswith("1 files put into the garbage; not done: ")
    assert all(str(each) in words for each in (bucket, gone))
    assert words.endswith("; run manage.py check_storage")
    assert [item.bucket for item in Garbage.objects.all()] == [other]


def test_lost_files_are_told_and_their_rows_stay(bucket, row):
    put(bucket, "b.jpg")
    lose(row)
    with later():
        assert retention.sweep_orphans() == (
            "0 files put into the garbage; 1 objects look damaged; run manage.py check_storage"
        )
    assert StoredObject.objects.count() == 2
