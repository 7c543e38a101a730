"""A check that repairs, again and again, beside writers that capture, overwrite and delete."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from snapplatform import clock
from snapplatform.storage import ledger
from snapplatform.storage.checking import Options, check_storage
from snapplatform.storage.findings import Kind
from snapplatform.storage.models import StoredObject
from tests.domain.storage.damage import ALL, files, lose, orphan, put

WRITERS = 2
STEPS = 24  # of a minute each, so that objects pass through the whole grace


class Writers:
    """Threads that put, overwrite and delete objects. Time moves on only when each of them got through, as
    the grace is far longer than a write takes."""

    def __init__(self, bucket):
        self.keys = set()
        self._bucket = bucket
        self._turns = [0] * WRITERS
        self._moved = threading.Condition()
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=[number]) for number in range(WRITERS)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *problem):
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def wait(self):
        """Until every writer has begun and ended a turn from now on."""
        with self._moved:
            goals = [turn + 2 for turn in self._turns]
            assert self._moved.wait_for(
                lambda: all(turn >= goal for turn, goal in zip(self._turns, goals, strict=True)), 60
            )

    def _work(self, number):
        mine = []
        try:
            while not self._stop.is_set():
                key = f"{number}/{self._turns[number]}.jpg"
                with transaction.atomic():
                    mine.append((key, put(self._bucket, key).pk))
                with transaction.atomic():
                    put(self._bucket, f"{number}/newest.jpg", function=ledger.overwrite, data=key.encode())
                if len(mine) > 20:
                    ledger.delete_objects([mine.pop(0)[1]])
                ledger.collect_garbage(10)
                with self._moved:
                    self._turns[number] += 1
                    self._moved.notify_all()
        finally:
            with self._moved:
                self.keys |= {key for key, _ in mine} | {f"{number}/newest.jpg"}
            connection.close()


@pytest.mark.django_db(transaction=True)
def test_nothing_that_is_captured_beside_a_repair_is_harmed(bucket, monkeypatch):
    start = clock.now()
    options = Options(repair=ALL, hashes=True, min_count=10_000)
    repaired = dict.fromkeys(Kind, 0)
    planted = 0

    def check(minutes):
        monkeypatch.setattr(clock, "_held", start + timedelta(minutes=minutes))
        [report] = check_storage([bucket], options)
        assert not report.trouble
        for kind in Kind:
            repaired[kind] += report.repaired[kind]

    monkeypatch.setattr(clock, "_held", start)
    with Writers(bucket) as writers:
        for step in range(1, STEPS + 1):
            if step % 4 == 0:
                orphan(bucket)
                lose(put(bucket, f"lost {step}.jpg"))
                planted += 1
            check(step)
            writers.wait()
    for minutes in (60, 80):
        check(minutes)
        ledger.collect_garbage(10_000)
    assert set(StoredObject.objects.values_list("key", flat=True)) == writers.keys
    assert files(bucket) == sorted(StoredObject.objects.values_list("blob", flat=True))
    assert (repaired[Kind.MISSING], repaired[Kind.ORPHANED]) == (planted, planted)
    assert repaired[Kind.WRONG_SIZE] == repaired[Kind.WRONG_HASH] == 0
