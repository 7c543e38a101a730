"""The ledger keeps one row a key, and forgets no file."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from snapplatform import clock
from snapplatform.errors import NameTaken
from snapplatform.storage import ledger
from snapplatform.storage.buckets import store_of
from snapplatform.storage.models import Garbage, StoredObject


@pytest.fixture
def put(bucket):
    """Write bytes, then run one of the ledger's functions on them."""

    def put(function, key="a/1.jpg", data=b"picture", garbage=None):
        blob = store_of(bucket).write(data, ".jpg")
        return function(
            account_id=bucket.account_id,
            bucket_id=bucket.pk,
            key=key,
            blob=blob,
            content_type="image/jpeg",
            expires_at=clock.now() + timedelta(days=1),
            at=clock.now(),
            garbage=garbage,
        )

    return put


def files(bucket):
    root = store_of(bucket).root
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_a_registered_object_has_its_bytes_and_facts(put, bucket):
    row = StoredObject.objects.get(pk=put(ledger.register).pk)
    assert (row.key, row.size, row.content_type, row.overwritable) == ("a/1.jpg", 7, "image/jpeg", False)
    assert store_of(bucket).open(row.blob).read() == b"picture"


def test_other_bytes_never_take_a_used_name(put, bucket):
    first = put(ledger.register)
    with transaction.atomic():
        with pytest.raises(NameTaken):
            put(ledger.register, data=b"another")
        assert StoredObject.objects.get().blob == first.blob  # and the transaction still works


def test_the_same_bytes_again_are_the_same_object(put, bucket):
    garbage: list[Garbage] = []
    first = put(ledger.register)
    assert put(ledger.register, garbage=garbage).pk == first.pk
    assert ledger.collect(garbage) == 1
    assert files(bucket) == [first.blob]
    assert not Garbage.objects.exists()


def test_registering_one_blob_twice_keeps_its_file(put, bucket):
    row = put(ledger.register)
    again = ledger.register(
        account_id=row.account_id,
        bucket_id=bucket.pk,
        key=row.key,
        blob=ledger.Blob(row.blob, row.size, row.sha256),
        content_type="image/jpeg",
        expires_at=None,
        at=clock.now(),
    )
    assert again.pk == row.pk
    assert not Garbage.objects.exists()


def test_an_overwrite_object_is_one_row_with_the_newest_bytes(put, bucket):
    garbage: list[Garbage] = []
    rows = [put(ledger.overwrite, data=f"picture {n}".encode(), garbage=garbage) for n in range(3)]
    assert len({row.pk for row in rows}) == 1
    row = StoredObject.objects.get()
    assert store_of(bucket).open(row.blob).read() == b"picture 2"
    assert row.overwritable
    assert len(garbage) == 2
    ledger.collect(garbage)
    assert files(bucket) == [row.blob]


def test_a_registered_name_is_never_overwritten_nor_an_overwritten_one_registered(put):
    put(ledger.register, key="fixed.jpg")
    put(ledger.overwrite, key="newest.jpg")
    with pytest.raises(NameTaken):
        put(ledger.overwrite, key="fixed.jpg", data=b"other")
    with pytest.raises(NameTaken):
        put(ledger.register, key="newest.jpg")


def test_a_rolled_back_overwrite_loses_nothing(put, bucket):
    first = put(ledger.overwrite)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        put(ledger.overwrite, data=b"second")
        raise ZeroDivisionError
    assert StoredObject.objects.get().blob == first.blob
    assert ledger.collect_garbage(100) == 0
    assert store_of(bucket).open(first.blob).read() == b"picture"


def test_an_overwrite_costs_three_queries(put):
    put(ledger.overwrite)
    with (
        CaptureQueriesContext(
            connection,
        ) as queries,
        transaction.atomic(),
    ):
        put(ledger.overwrite, data=b"second")
    assert len([q for q in queries if "SAVEPOINT" not in q["sql"]]) <= 3


@pytest.mark.parametrize("as_ids", [True, False])
def test_deleted_objects_leave_no_row_and_no_file(put, bucket, as_ids):
    kept = put(ledger.register, key="kept.jpg")
    gone = [put(ledger.register, key=f"{n}.jpg").pk for n in range(5)]
    rows = StoredObject.objects.filter(pk__in=gone)
    assert ledger.delete_objects(gone if as_ids else rows) == 5
    assert ledger.collect_garbage(100) == 5
    assert files(bucket) == [kept.blob]
    assert list(StoredObject.objects.all()) == [kept]


def test_deleting_many_asks_few_queries(bucket):
    StoredObject.objects.bulk_create(
        StoredObject(
            account_id=bucket.account_id, bucket=bucket, key=f"{n}.jpg", blob=f"b{n}", size=1, sha256="0" * 64
        )
        for n in range(1200)
    )
    with CaptureQueriesContext(connection) as queries:
        assert ledger.delete_objects(StoredObject.objects.filter(bucket=bucket)) == 1200
    assert len(queries) < 60
    assert Garbage.objects.count() == 1200


@pytest.mark.django_db(transaction=True)
def test_many_threads_overwriting_one_key_leave_one_row_and_one_file(put, bucket):
    def overwrite(number):
        for turn in range(5):
            with transaction.atomic():
                put(ledger.overwrite, data=f"{number} {turn}".encode())
        connection.close()

    threads = [threading.Thread(target=overwrite, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert Garbage.objects.count() == 19
    ledger.collect_garbage(100)
    assert files(bucket) == [StoredObject.objects.get().blob]


@pytest.mark.django_db(transaction=True)
def test_of_many_threads_registering_one_name_one_wins(put, bucket):
    taken, barrier = [], threading.Barrier(4)

    def register(number):
        barrier.wait(30)
        try:
            with transaction.atomic():
                put(ledger.register, data=f"{number}".encode())
        except NameTaken:
            taken.append(number)
        connection.close()

    threads = [threading.Thread(target=register, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(taken) == 3
    assert StoredObject.objects.count() == 1
