"""What expired is deleted on time, rows first, then bytes; a broken disk stops only its own bucket."""

import os
from datetime import UTC, datetime, timedelta

import pytest
from django.db.models.functions import Now

from snapplatform import clock
from snapplatform.cluster.duties import run_due
from snapplatform.cluster.models import Duty
from snapplatform.errors import BucketNotFound, InUse, StorageUnavailable
from snapplatform.storage import ledger, retention
from snapplatform.storage.buckets import store_of
from snapplatform.storage.models import Bucket, Garbage, StoredObject
from snapplatform.storage.selectors import get_bucket
from snapplatform.storage.services import delete_bucket
from tests import factories

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def put(bucket, key, days=1, function=ledger.register, data=b"picture"):
    return function(
        account_id=bucket.account_id,
        bucket_id=bucket.pk,
        key=key,
        blob=store_of(bucket).write(data, ".jpg"),
        content_type="image/jpeg",
        expires_at=clock.now() + timedelta(days=days),
        at=clock.now(),
    )


def files(bucket):
    return [path for path in store_of(bucket).root.rglob("*") if path.is_file()]


@pytest.fixture
def broken_bucket(principal):
    """Made while good; then a file stands where its folder was."""
    bucket = factories.make_bucket(principal, name="broken")
    put(bucket, "lost.jpg", days=0)
    os.rename(store_of(bucket).root, f"{store_of(bucket).root}.away")
    store_of(bucket).root.write_text("")
    return bucket


@pytest.mark.parametrize(
    ("job_days", "bucket_days", "days"), [(2, 5, 2), (None, 5, 5), (None, None, 30), (7, None, 7)]
)
def test_the_nearest_setting_says_how_long_objects_are_kept(job_days, bucket_days, days):
    assert retention.expiry(NOON, job_days, Bucket(retention_days=bucket_days)) == NOON + timedelta(days=days)


def test_objects_go_when_their_time_is_over_and_not_before(bucket):
    with clock.hold(NOON):
        gone = put(bucket, "gone.jpg", days=1)
        put(bucket, "kept.jpg", days=2)
    with clock.hold(NOON + timedelta(days=1)):
        assert retention.sweep_expired(100, 5.0) == 1
        assert [path.name for path in files(bucket)].count(
            gone.blob.split("/")[-1]
        ) == 1  # its row went first
        assert ledger.collect_garbage(100) == 1
    assert [row.key for row in StoredObject.objects.all()] == ["kept.jpg"]
    assert len(files(bucket)) == 1


def test_the_oldest_go_first_and_no_more_than_asked(bucket):
    with clock.hold(NOON):
        for days in (3, 1, 2):
            put(bucket, f"{days}.jpg", days=days)
    with clock.hold(NOON + timedelta(days=9)):
        assert retention.sweep_expired(2, 5.0) == 2
        assert [row.key for row in StoredObject.objects.all()] == ["3.jpg"]
        assert retention.sweep_expired(2, 0.0) == 0


def test_an_overwritten_object_gets_a_new_end(bucket):
    with clock.hold(NOON):
        put(bucket, "newest.jpg", days=1, function=ledger.overwrite)
    with clock.hold(NOON + timedelta(days=2)):
        put(bucket, "newest.jpg", days=1, function=ledger.overwrite, data=b"second")
        assert retention.sweep_expired(100, 5.0) == 0


def test_a_broken_bucket_keeps_its_garbage_and_stops_no_other(bucket, broken_bucket):
    put(bucket, "good.jpg", days=0)
    assert retention.sweep_expired(100, 5.0) == 2
    assert ledger.collect_garbage(100) == 1
    assert [row.bucket for row in Garbage.objects.all()] == [broken_bucket]
    os.unlink(store_of(broken_bucket).root)
    os.rename(f"{store_of(broken_bucket).root}.away", store_of(broken_bucket).root)
    assert ledger.collect_garbage(100) == 1
    assert not files(broken_bucket)


def test_a_file_that_is_gone_already_is_fine(bucket):
    row = put(bucket, "gone.jpg", days=0)
    store_of(bucket).unlink(row.blob)
    retention.sweep_expired(100, 5.0)
    assert ledger.collect_garbage(100) == 1


def test_the_duties_do_all_of_it(bucket, broken_bucket):
    put(bucket, "good.jpg", days=0)
    temporary = files(bucket)[0].with_suffix(".part")
    temporary.write_text("half")
    os.utime(temporary, (0, 0))
    with clock.hold(clock.now() + timedelta(hours=3)):
        assert len(run_due(retention.DUTIES)) == len(retention.DUTIES)
    assert not Duty.objects.filter(last_result__startswith="failed").exists()
    assert not files(bucket)
    assert list(store_of(bucket).root.iterdir()) == []


def test_temporary_files_are_looked_for_since_the_last_sweep(bucket):
    with clock.hold(NOON):
        row = put(bucket, "a.jpg")
    temporary = store_of(bucket).root / f"{row.blob}.part"
    temporary.write_text("half")
    os.utime(temporary, (0, 0))
    with clock.hold(NOON + timedelta(days=3)):
        swept = Duty.objects.create(
            name=retention.TEMPORARY_FILES, due_at=Now(), last_finished_at=NOON + timedelta(days=2)
        )
        assert retention.sweep_temporary_files() == 0
        Duty.objects.filter(pk=swept.pk).update(last_finished_at=NOON)
        assert retention.sweep_temporary_files() == 1


def test_a_deleted_bucket_leaves_no_files_behind(principal, bucket):
    row = put(bucket, "a.jpg")
    with pytest.raises(InUse):
        delete_bucket(principal=principal, bucket_id=bucket.pk)
    ledger.delete_objects([row.pk])
    delete_bucket(principal=principal, bucket_id=bucket.pk)
    assert not files(bucket)
    with pytest.raises(BucketNotFound):
        get_bucket(principal=principal, bucket_id=bucket.pk)


def test_a_bucket_whose_files_cannot_be_deleted_now_stays(principal, broken_bucket):
    retention.sweep_expired(100, 5.0)
    with pytest.raises(InUse):
        delete_bucket(principal=principal, bucket_id=broken_bucket.pk)
    assert Garbage.objects.filter(bucket=broken_bucket).exists()


def test_nobody_reads_or_deletes_another_accounts_bucket(other_principal, bucket):
    with pytest.raises(BucketNotFound):
        get_bucket(principal=other_principal, bucket_id=bucket.pk)
    with pytest.raises(BucketNotFound):
        delete_bucket(principal=other_principal, bucket_id=bucket.pk)


def test_buckets_live_apart_and_a_location_is_used_as_it_is(principal, bucket, tmp_path):
    other = factories.make_bucket(principal)
    assert store_of(bucket).root != store_of(other).root
    assert store_of(bucket) is store_of(bucket)
    other.location = str(tmp_path)
    put(other, "a.jpg")
    assert len(list(tmp_path.rglob("*.jpg"))) == 1
    other.location = "relative/folder"
    with pytest.raises(StorageUnavailable, match="absolute"):
        store_of(other)
    other.location = str(tmp_path / "not mounted")
    with pytest.raises(StorageUnavailable, match="mounted"):
        put(other, "b.jpg")
