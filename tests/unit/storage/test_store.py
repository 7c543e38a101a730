"""The store keeps whole blobs or nothing, wherever it is interrupted."""

import errno
import hashlib
import os
import re
import threading
from datetime import UTC, datetime, timedelta

import pytest

from snapplatform import clock
from snapplatform.errors import BlobNotFound, Fenced, StorageUnavailable
from snapplatform.storage import folders
from snapplatform.storage.store import LocalStore

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
def store(tmp_path):
    return LocalStore(tmp_path / "a" / "bucket")


def files(store):
    return sorted(str(path.relative_to(store.root)) for path in store.root.rglob("*") if path.is_file())


def test_a_blob_has_its_bytes_size_hash_and_a_name_by_the_minute(store):
    with clock.hold(NOON):
        blob = store.write(b"picture", ".jpg")
    assert re.fullmatch(r"20261120/1200/[0-9a-f]{32}\.jpg", blob.blob)
    assert (blob.size, blob.sha256) == (7, hashlib.sha256(b"picture").hexdigest())
    with store.open(blob.blob) as file:
        assert file.read() == b"picture"
    assert files(store) == [blob.blob]


def test_nobody_else_may_read_what_is_stored(store):
    blob = store.write(b"picture", ".jpg")
    path = store.root / blob.blob
    assert path.stat().st_mode & 0o777 & ~0o640 == 0
    assert path.parent.stat().st_mode & 0o777 & ~0o750 == 0
    assert store.root.stat().st_mode & 0o777 & ~0o750 == 0


@pytest.mark.parametrize("data", [b"", b"x", b"x" * 5_000_000])
def test_any_size_is_stored_whole(store, data):
    with store.open(store.write(data, ".png").blob) as file:
        assert file.read() == data


@pytest.mark.parametrize(
    "suffix", ["", "jpg", ".", ".JPG", "/x", ".jpg/../x", ".j\0g", "." + "a" * 9, ".jpg\n"]
)
def test_a_suffix_that_could_leave_the_folder_is_refused(store, suffix):
    with pytest.raises(ValueError, match="suffix"):
        store.write(b"x", suffix)


def test_several_blobs_are_stored_together(store):
    blobs = store.write_many([(b"one", ".jpg"), (b"two", ".jpg")])
    assert [store.open(blob.blob).read() for blob in blobs] == [b"one", b"two"]
    assert store.write_many([]) == []


def test_the_guard_is_asked_when_the_bytes_are_on_disk_and_before_they_have_a_name(store):
    seen = []

    def guard():
        seen.extend(files(store))
        return True

    blob = store.write(b"picture", ".jpg", guard=guard)
    assert seen == [blob.blob + ".part"]


def test_a_fenced_write_leaves_nothing(store):
    with pytest.raises(Fenced):
        store.write_many([(b"one", ".jpg"), (b"two", ".jpg")], guard=lambda: False)
    assert files(store) == []


def test_a_guard_that_fails_leaves_nothing(store):
    with pytest.raises(ZeroDivisionError):
        store.write(b"one", ".jpg", guard=lambda: 1 / 0)
    assert files(store) == []


@pytest.mark.parametrize(
    ("code", "words", "temporary"),
    [
        (errno.ENOSPC, "disk is full", True),
        (errno.EIO, "reports an error", True),
        (errno.EROFS, "read-only", False),
        (errno.EACCES, "may not be used", False),
    ],
)
@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
def test_every_failing_step_leaves_nothing_and_says_why(store, monkeypatch, call, code, words, temporary):
    store.write(b"first", ".jpg")
    before = files(store)

    def fail(*args, **kwargs):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(folders.os, call, fail)
    with pytest.raises(StorageUnavailable, match=words) as caught:
        store.write(b"picture", ".jpg")
    monkeypatch.undo()
    assert caught.value.temporary is temporary
    assert str(store.root) not in str(caught.value)
    assert files(store) == before


def test_a_failed_fsync_is_never_asked_again(store, monkeypatch):
    calls = []

    def fail(fd):
        calls.append(fd)
        raise OSError(errno.EIO, "input/output error")

    store.write(b"first", ".jpg")
    monkeypatch.setattr(folders.os, "fsync", fail)
    with pytest.raises(StorageUnavailable):
        store.write(b"picture", ".jpg")
    assert len(calls) == 1


def test_a_failed_fsync_of_the_folder_takes_the_name_back(store, monkeypatch):
    with clock.hold(NOON):
        store.write(b"first", ".jpg")
        monkeypatch.setattr(
            folders.Folder, "sync", lambda self: (_ for _ in ()).throw(OSError(errno.EIO, "bad"))
        )
        with pytest.raises(StorageUnavailable):
            store.write(b"picture", ".jpg")
    assert len(files(store)) == 1


def test_every_new_folder_is_made_safe_in_its_parent(store, monkeypatch):
    synced = []
    fsync = os.fsync
    monkeypatch.setattr(
        folders.os, "fsync", lambda fd: (synced.append(os.readlink(f"/proc/self/fd/{fd}")), fsync(fd))
    )
    with clock.hold(NOON):
        store.write(b"picture", ".jpg")
        first = set(synced)
        synced.clear()
        store.write(b"picture", ".jpg")
    root = store.root
    assert {str(root.parent), str(root), str(root / "20261120"), str(root / "20261120/1200")} <= first
    assert len(synced) == 2  # in a known shard: the file and its folder


def test_a_missing_root_that_must_not_be_made_is_an_unmounted_disk(tmp_path):
    with pytest.raises(StorageUnavailable, match="mounted"):
        LocalStore(tmp_path / "nas", make_root=False).write(b"x", ".jpg")
    assert not (tmp_path / "nas").exists()


def test_a_root_that_is_a_file_is_told(tmp_path):
    (tmp_path / "root").write_text("")
    with pytest.raises(StorageUnavailable):
        LocalStore(tmp_path / "root").write(b"x", ".jpg")


def test_many_threads_write_at_once(store):
    written, lock = [], threading.Lock()

    def work(number):
        for turn in range(20):
            data = f"{number} {turn}".encode() * 1000
            blob = store.write(data, ".jpg")
            with lock:
                written.append((blob, data))

    threads = [threading.Thread(target=work, args=[number]) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(written) == 120
    assert files(store) == sorted(blob.blob for blob, _ in written)
    assert all(store.open(blob.blob).read() == data for blob, data in written)


NAME = "a" * 32 + ".jpg"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/passwd",
        "../secret",
        "20261120/1200/../../../secret",
        "20261120/1200/",
        "20261120/1200/x.jpg",
        f"20261120/1200/{NAME}\n",
        f"20261120//{NAME}",
        f"20261120/1200/{NAME}.part",
        f"/20261120/1200/{NAME}",
        "\0",
        f"٢٠٢٦١١٢٠/١٢٠٠/{NAME}",
    ],
)
def test_no_path_leads_out_of_the_store(store, tmp_path, path):
    store.write(b"x", ".jpg")
    (tmp_path / "secret").write_text("secret")
    with pytest.raises(BlobNotFound):
        store.open(path)
    store.unlink(path)
    assert (tmp_path / "secret").exists()


def test_links_inside_the_store_are_not_followed(store, tmp_path):
    blob = store.write(b"x", ".jpg").blob
    secret = tmp_path / "secret.jpg"
    secret.write_text("secret")
    (store.root / blob).unlink()
    (store.root / blob).symlink_to(secret)
    with pytest.raises(StorageUnavailable):
        store.open(blob)
    outside = tmp_path / "outside"
    (outside / "0000").mkdir(parents=True)
    (outside / "0000" / ("a" * 32 + ".jpg")).write_text("secret")
    (store.root / "20000101").symlink_to(outside)
    with pytest.raises(StorageUnavailable):
        store.open("20000101/0000/" + "a" * 32 + ".jpg")
    with pytest.raises(StorageUnavailable):
        store.unlink("20000101/0000/" + "a" * 32 + ".jpg")


def test_a_pipe_in_place_of_a_blob_holds_nobody(store):
    blob = store.write(b"x", ".jpg").blob
    (store.root / blob).unlink()
    os.mkfifo(store.root / blob)
    with pytest.raises(BlobNotFound):
        store.open(blob)


def test_unlinking_twice_is_fine_and_an_open_reader_reads_on(store):
    blob = store.write(b"picture", ".jpg").blob
    with store.open(blob) as file:
        store.unlink(blob)
        store.unlink(blob)
        assert file.read() == b"picture"
    with pytest.raises(BlobNotFound):
        store.open(blob)


def test_tidy_removes_empty_old_folders_only(store):
    with clock.hold(NOON):
        old, kept = store.write(b"1", ".jpg"), store.write(b"2", ".jpg")
    with clock.hold(NOON - timedelta(days=1)):
        yesterday = store.write(b"0", ".jpg")
    for blob in (old, yesterday):
        store.unlink(blob.blob)
    with clock.hold(NOON + timedelta(minutes=10)):
        fresh = store.write(b"3", ".jpg")
        store.unlink(fresh.blob)
        assert store.tidy() == 1
    assert sorted(os.listdir(store.root)) == ["20261120"]
    assert sorted(os.listdir(store.root / "20261120")) == ["1200", "1210"]
    assert store.open(kept.blob).read() == b"2"


def test_links_to_folders_are_not_followed_when_sweeping(store, tmp_path):
    outside = tmp_path / "outside"
    for inner in ("1200", "1201/empty"):
        (outside / inner).mkdir(parents=True)
    (outside / "1200" / "somebody.part").write_text("not ours")
    store.root.mkdir(parents=True)
    (store.root / "20261119").symlink_to(outside)
    (store.root / "20261120").mkdir()
    (store.root / "20261120" / "0900").symlink_to(outside / "1200")
    with clock.hold(NOON + timedelta(days=400)):
        assert store.sweep_temp(timedelta(hours=1)) == 0
        assert store.tidy() == 0
    assert (outside / "1200" / "somebody.part").exists()


def test_a_writer_makes_a_folder_again_that_was_tidied_away(store):
    with clock.hold(NOON):
        store.unlink(store.write(b"1", ".jpg").blob)
    with clock.hold(NOON + timedelta(hours=1)):
        assert store.tidy() == 1
    with clock.hold(NOON):  # the clock was set back, or the writer slept
        assert store.open(store.write(b"2", ".jpg").blob).read() == b"2"


def test_temporary_files_of_the_dead_are_swept_and_those_of_the_living_are_not(store):
    with clock.hold(NOON):
        blob = store.write(b"picture", ".jpg").blob
    dead, living = (store.root / f"{blob}{end}" for end in (".dead.part", ".part"))
    for file, minutes in ((dead, 0), (living, 90)):
        file.write_text("half")
        at = (NOON + timedelta(minutes=minutes)).timestamp()
        os.utime(file, (at, at))
    with clock.hold(NOON + timedelta(hours=2)):
        assert store.sweep_temp(timedelta(hours=1), since=NOON + timedelta(minutes=1)) == 0
        assert store.sweep_temp(timedelta(hours=3)) == 0
        assert store.sweep_temp(timedelta(hours=1)) == 1
    assert files(store) == sorted([blob, blob + ".part"])


def test_an_empty_store_can_be_swept(store):
    assert store.tidy() == store.sweep_temp(timedelta(0)) == 0
