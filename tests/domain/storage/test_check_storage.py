"""The check finds each kind of damage, and mends only what it is asked to, only what is old enough."""

import json
import os
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from jobs.models import Snapshot
from snapplatform import clock
from snapplatform.storage import checking, comparing, ledger, repairing
from snapplatform.storage.buckets import root_of
from snapplatform.storage.checking import Options, check_storage
from snapplatform.storage.findings import REPAIRS, Kind
from snapplatform.storage.models import Bucket, Garbage, StoredObject
from tests import factories
from tests.domain.storage.damage import (
    ALL,
    cut,
    files,
    give_another_byte,
    later,
    lose,
    orphan,
    path_of,
    put,
    temporary,
    unmount,
)


def check(bucket, **options):
    """The report an hour from now, so that everything is older than the grace."""
    with later():
        [report] = check_storage([bucket], Options(**options))
    return report


def found(report):
    return {kind: count for kind, count in report.found.items() if count}


@pytest.fixture
def rows(bucket):
    return [put(bucket, f"{number}.jpg") for number in range(10)]


DAMAGES = {
    Kind.MISSING: lambda bucket, row: lose(row),
    Kind.WRONG_SIZE: lambda bucket, row: cut(row),
    Kind.WRONG_HASH: lambda bucket, row: give_another_byte(row),
    Kind.ORPHANED: lambda bucket, row: orphan(bucket),
    Kind.TEMPORARY: lambda bucket, row: temporary(row),
}


def test_a_whole_bucket_is_fine(bucket, rows):
    report = check(bucket, hashes=True, repair=ALL)
    assert report.ok
    assert (report.rows, report.files, found(report)) == (10, 10, {})


def test_a_bucket_that_was_never_written_to_is_fine(bucket):
    assert check(bucket, repair=ALL).ok


@pytest.mark.parametrize("kind", DAMAGES)
def test_each_damage_is_found_and_nothing_is_changed_unasked(bucket, rows, kind):
    DAMAGES[kind](bucket, rows[3])
    before = files(bucket)
    others = ALL - {kind}
    for repair in (frozenset(), others):
        report = check(bucket, hashes=True, repair=repair)
        assert found(report) == {kind: 1}
        assert not report.ok
        assert len(report.examples[kind]) == 1
    assert files(bucket) == before
    assert StoredObject.objects.count() == 10
    assert not Garbage.objects.exists()


@pytest.mark.parametrize("kind", DAMAGES)
def test_each_damage_is_repaired_on_request(bucket, rows, kind):
    DAMAGES[kind](bucket, rows[3])
    report = check(bucket, hashes=True, repair=frozenset({kind}))
    assert report.ok
    assert report.repaired[kind] == 1
    with later(hours=2):
        ledger.collect_garbage(100)
    kept = sorted(row.blob for row in StoredObject.objects.all())
    assert files(bucket) == kept
    assert len(kept) == (10 if kind in (Kind.ORPHANED, Kind.TEMPORARY) else 9)
    assert found(check(bucket, hashes=True)) == {}


def test_other_bytes_of_the_same_size_need_the_hash(bucket, rows):
    give_another_byte(rows[0])
    assert check(bucket, repair=ALL).ok
    assert found(check(bucket, hashes=True)) == {Kind.WRONG_HASH: 1}


def test_a_lost_row_takes_its_snapshots_along(principal):
    job = factories.make_job(principal)
    lost, kept = factories.make_snapshot(job), factories.make_snapshot(job)
    lose(lost.object)
    assert check(job.bucket, repair=REPAIRS["missing"]).ok
    assert list(Snapshot.objects.all()) == [kept]


def test_what_is_younger_than_the_grace_is_left_alone(bucket, rows):
    lose(rows[0])
    cut(rows[1])
    orphan(bucket)
    temporary(rows[2])
    for minutes in (0, 9):
        with later(minutes=minutes):
            [report] = check_storage([bucket], Options(repair=ALL, hashes=True))
        assert (report.rows, found(report)) == (0, {})


def test_a_row_changed_a_moment_ago_is_left_alone(bucket, rows):
    lose(rows[0])
    StoredObject.objects.filter(pk=rows[0].pk).update(modified_at=clock.now() + timedelta(minutes=55))
    assert found(check(bucket)) == {}


def touch(bucket, blob):
    at = (clock.now() + timedelta(minutes=55)).timestamp()
    os.utime(root_of(bucket) / blob.blob, (at, at))


def test_a_file_that_somebody_keeps_young_is_left_alone(bucket, rows, monkeypatch):
    first, second = orphan(bucket), orphan(bucket)
    touch(bucket, first)
    run = repairing.Repair.run

    def touch_then_run(self, findings):
        with clock.hold(clock.now() - timedelta(hours=1)):
            touch(bucket, second)
        run(self, findings)

    monkeypatch.setattr(repairing.Repair, "run", touch_then_run)
    report = check(bucket, repair=ALL)
    assert (found(report), report.vanished[Kind.ORPHANED]) == ({Kind.ORPHANED: 1}, 1)
    assert not Garbage.objects.exists()


def test_an_orphan_waits_in_the_garbage_and_is_looked_at_again(bucket, rows):
    gone, kept = orphan(bucket), orphan(bucket)
    assert check(bucket, repair=ALL).repaired[Kind.ORPHANED] == 2
    assert check(bucket, repair=ALL).ok  # it has a garbage row now
    with later():
        assert ledger.collect_garbage(100) == 0
        put(bucket, "late.jpg", blob=kept)  # its writer waited for the database
    with later(minutes=71):
        assert ledger.collect_garbage(100) == 2
    assert gone.blob not in files(bucket)
    assert kept.blob in files(bucket)
    assert found(check(bucket)) == {}


@pytest.mark.parametrize("kind", DAMAGES)
def test_what_was_mended_meanwhile_is_not_repaired(bucket, rows, kind, monkeypatch):
    """The world moves between finding and repairing: here, exactly there."""
    row = rows[3]
    data = path_of(row).read_bytes()
    DAMAGES[kind](bucket, row)
    run = repairing.Repair.run

    def mend_then_run(self, findings):
        path_of(row).write_bytes(data)
        for file in path_of(row).parent.glob("*.part"):
            os.utime(file, (clock.now().timestamp(),) * 2)
        for blob in set(files(bucket)) - set(StoredObject.objects.values_list("blob", flat=True)):
            if blob.endswith(".jpg"):
                put(bucket, "late.jpg", blob=ledger.Blob(blob, 7, "0" * 64))
        run(self, findings)

    monkeypatch.setattr(repairing.Repair, "run", mend_then_run)
    report = check(bucket, hashes=True, repair=ALL)
    assert report.repaired.total() == 0
    assert report.vanished[kind] == 1
    assert report.ok
    assert set(rows) <= set(StoredObject.objects.all())
    assert not Garbage.objects.exists()


def test_an_overwritten_object_is_not_deleted_for_its_old_file(bucket, monkeypatch):
    row = put(bucket, "newest.jpg", function=ledger.overwrite)
    put(bucket, "another.jpg")
    lose(row)
    run = repairing.Repair.run

    def overwrite_then_run(self, findings):
        put(bucket, "newest.jpg", function=ledger.overwrite, data=b"second")
        run(self, findings)

    monkeypatch.setattr(repairing.Repair, "run", overwrite_then_run)
    report = check(bucket, repair=ALL)
    assert (report.repaired[Kind.MISSING], report.vanished[Kind.MISSING]) == (0, 1)
    assert StoredObject.objects.filter(pk=row.pk).exists()


def test_an_object_deleted_between_the_looks_is_no_finding(bucket, rows, monkeypatch):
    """The row was read, then object and file were deleted: absent, but nothing is missing."""
    read = comparing.Survey.read

    def delete_then_read(self, shard):
        ledger.delete_objects([row.pk for row in rows[:5]])
        ledger.collect_garbage(100)
        return read(self, shard)

    monkeypatch.setattr(comparing.Survey, "read", delete_then_read)
    assert found(check(bucket, repair=ALL)) == {}


def test_an_interrupted_repair_can_be_repeated(bucket, monkeypatch):
    for number in range(40):
        put(bucket, f"{number}.jpg")
    for row in StoredObject.objects.all()[:6]:
        lose(row)
    monkeypatch.setattr(repairing, "BATCH", 2)
    forget = ledger.forget

    def interrupt(ids, waste):
        forget(ids, waste)
        if StoredObject.objects.count() <= 36:
            raise KeyboardInterrupt

    monkeypatch.setattr(ledger, "forget", interrupt)
    with pytest.raises(KeyboardInterrupt):
        check(bucket, repair=ALL)
    monkeypatch.setattr(ledger, "forget", forget)
    assert StoredObject.objects.count() == 38  # the batch that was interrupted is as it was
    report = check(bucket, repair=ALL)
    assert report.ok
    assert report.repaired[Kind.MISSING] == 4


def test_the_ledger_is_read_in_pages_without_losing_a_row(bucket, rows, monkeypatch):
    for page in (1, 3, 10):
        monkeypatch.setattr(comparing, "PAGE", page)
        report = check(bucket)
        assert (report.rows, found(report)) == (10, {})


def test_two_rows_of_one_file_are_both_seen(bucket, rows, monkeypatch):
    monkeypatch.setattr(comparing, "PAGE", 1)
    blob = ledger.Blob(rows[0].blob, rows[0].size, rows[0].sha256)
    put(bucket, "double.jpg", blob=blob)
    assert check(bucket).rows == 11
    lose(rows[0])
    assert found(check(bucket)) == {Kind.MISSING: 2}


def test_a_row_that_names_no_possible_file_is_missing(bucket, rows):
    StoredObject.objects.filter(pk=rows[0].pk).update(blob="../../etc/passwd")
    report = check(bucket)
    assert found(report) == {Kind.MISSING: 1, Kind.ORPHANED: 1}


def test_foreign_things_are_reported_and_stay(bucket, rows, tmp_path):
    shard = path_of(rows[0]).parent
    (tmp_path / "secret.jpg").write_text("secret")
    (shard / "\x1b[2Jholiday.jpg").write_text("mine")
    (shard / ("f" * 32 + ".jpg")).symlink_to(tmp_path / "secret.jpg")
    (shard.parent.parent / "lost+found").mkdir()
    before = sorted(os.listdir(shard))
    report = check(bucket, repair=ALL)
    assert report.ok
    assert found(report) == {Kind.FOREIGN: 3}
    assert not any("\x1b" in example for example in report.examples[Kind.FOREIGN])
    assert sorted(os.listdir(shard)) == before
    assert (tmp_path / "secret.jpg").exists()


def test_a_link_in_place_of_a_file_is_unreadable_and_nothing_is_done(bucket, rows, tmp_path):
    (tmp_path / "secret.jpg").write_text("secret!")
    lose(rows[0])
    path_of(rows[0]).symlink_to(tmp_path / "secret.jpg")
    report = check(bucket, hashes=True, repair=ALL)
    assert found(report) == {Kind.UNREADABLE: 1, Kind.FOREIGN: 1}
    assert not report.ok
    assert StoredObject.objects.count() == 10
    assert path_of(rows[0]).is_symlink()


def test_waiting_garbage_is_told(bucket, rows):
    ledger.delete_objects([rows[0].pk])
    with later(minutes=50):
        [report] = check_storage([bucket], Options())
    assert found(report) == {}
    with later(hours=2):
        [report] = check_storage([bucket], Options())
    assert found(report) == {Kind.GARBAGE: 1}
    assert "since" in report.examples[Kind.GARBAGE][0]


class TestBreaker:
    def test_too_many_losses_stop_the_repair_of_all_of_them(self, bucket, rows):
        for row in rows[:3]:
            lose(row)
        orphan(bucket)
        report = check(bucket, repair=ALL, min_count=3)
        assert report.stopped.startswith("Stopped: 4 of 11 objects look wrong, more than 20%")
        assert not report.ok
        assert StoredObject.objects.count() == 10
        assert not Garbage.objects.exists()

    @pytest.mark.parametrize(
        "given", [{"min_count": 5}, {"max_share": 0.5, "min_count": 1}, {"max_share": 1}]
    )
    def test_few_enough_are_repaired(self, bucket, rows, given):
        for row in rows[:4]:
            lose(row)
        assert check(bucket, repair=ALL, **given).ok
        assert StoredObject.objects.count() == 6

    def test_orphans_of_an_old_database_are_not_deleted(self, bucket, rows):
        StoredObject.objects.filter(pk__in=[row.pk for row in rows[:5]]).delete()
        report = check(bucket, repair=ALL, min_count=5)
        assert report.stopped
        assert len(files(bucket)) == 10
        assert not Garbage.objects.exists()

    def test_after_it_no_other_bucket_is_repaired(self, principal, bucket, rows):
        other = factories.make_bucket(principal)
        lost = [put(other, f"{number}.jpg") for number in range(10)]
        lose(lost[0])
        for row in rows:
            cut(row)
        with later():
            first, second = check_storage([bucket, other], Options(repair=ALL, min_count=5))
        assert first.stopped
        assert second.left(Kind.MISSING) == 1
        assert StoredObject.objects.count() == 20


class TestUnmounted:
    def test_a_missing_folder_is_told_and_nothing_is_repaired(self, bucket, rows):
        unmount(bucket)
        report = check(bucket, repair=ALL, max_share=1)
        assert "mounted?" in report.trouble
        assert StoredObject.objects.count() == 10

    def test_an_empty_folder_is_told_whatever_the_minimum_count(self, bucket, rows):
        (unmount(bucket) / "lost+found").mkdir(parents=True)
        report = check(bucket, repair=ALL)
        assert "holds nothing" in report.trouble
        assert StoredObject.objects.count() == 10
        assert check(bucket, repair=ALL, max_share=1).ok  # a person says that it is so
        assert not StoredObject.objects.exists()

    def test_a_disk_that_goes_between_the_looks_costs_nothing(self, bucket, rows, monkeypatch):
        lose(rows[0])
        run = repairing.Repair.run

        def unmount_then_run(self, findings):
            unmount(bucket).mkdir()
            run(self, findings)

        monkeypatch.setattr(repairing.Repair, "run", unmount_then_run)
        report = check(bucket, repair=ALL)
        assert "mounted?" in report.trouble
        assert StoredObject.objects.count() == 10

    def test_one_broken_bucket_hinders_no_other(self, principal, bucket, rows):
        other = factories.make_bucket(principal)
        Bucket.objects.filter(pk=other.pk).update(location="relative")
        with later():
            first, second = check_storage([Bucket.objects.get(pk=other.pk), bucket], Options())
        assert "absolute" in first.trouble
        assert second.rows == 10


class TestCommand:
    def call(self, capsys, *words):
        try:
            with later():
                call_command("check_storage", *words)
            code = 0
        except SystemExit as end:
            code = end.code
        return code, capsys.readouterr().out

    def test_a_sound_site_is_fine(self, rows, bucket, capsys):
        code, text = self.call(capsys, "--hash", "--rate", "1000")
        assert code == 0
        assert str(bucket) in text
        assert text.endswith("Everything is fine.\n")

    def test_text_names_what_is_wrong_and_the_way_out(self, bucket, rows, capsys):
        lose(rows[0])
        code, text = self.call(capsys)
        assert code == 1
        assert rows[0].blob in text
        assert "0.jpg" in text
        assert "--repair missing" in text
        assert StoredObject.objects.count() == 10
        code, text = self.call(capsys, "--repair", "missing", "--repair", "wrong")
        assert code == 0
        assert "1 repaired" in text
        assert text.endswith("Everything is fine now.\n")

    def test_json_has_all_of_it(self, bucket, rows, capsys):
        lose(rows[0])
        orphan(bucket)
        code, text = self.call(capsys, "--format", "json", "--repair", "orphaned")
        answer = json.loads(text)
        [report] = answer["buckets"]
        assert (code, answer["ok"], answer["repair"], report["ok"]) == (1, False, True, False)
        assert report["found"]["missing"] == report["found"]["orphaned"] == 1
        assert report["repaired"] == {"orphaned": 1}
        assert rows[0].blob in report["examples"]["missing"][0]

    def test_repair_without_a_word_repairs_everything(self, bucket, rows, capsys):
        lose(rows[0])
        orphan(bucket)
        assert self.call(capsys, "--repair")[0] == 0
        assert (StoredObject.objects.count(), Garbage.objects.count()) == (9, 1)

    def test_one_bucket_or_account_can_be_chosen(self, bucket, rows, other_principal, capsys):
        other = factories.make_bucket(other_principal)
        for words in (["--bucket", str(bucket)], ["--account", bucket.account.name]):
            text = self.call(capsys, *words)[1]
            assert str(bucket) in text
            assert str(other) not in text
        assert str(other) in self.call(capsys, "--account", str(other.account_id))[1]

    def test_an_unknown_bucket_is_told_with_those_that_are_known(self, bucket, capsys):
        with pytest.raises(CommandError, match=f"This site has: {bucket}"):
            self.call(capsys, "--bucket", "local/nowhere")

    @pytest.mark.parametrize(
        "words", [["--grace", "1"], ["--max-share", "1.1"], ["--rate", "0"], ["--repair", "foreign"]]
    )
    def test_dangerous_values_are_refused(self, bucket, words, capsys):
        with pytest.raises(CommandError):
            self.call(capsys, *words)

    def test_an_interrupt_says_that_it_can_be_repeated(self, bucket, rows, capsys, monkeypatch):
        def interrupt(*args, **kwargs):
            raise KeyboardInterrupt

        monkeypatch.setattr(checking.Comparison, "run", interrupt)
        with pytest.raises(SystemExit) as end:
            call_command("check_storage")
        assert end.value.code == 130
        assert "run again" in capsys.readouterr().err
