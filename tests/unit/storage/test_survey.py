"""The survey sees exactly the store's own files, whatever else stands in the folder."""

import hashlib
import os
from datetime import UTC, datetime, timedelta

import pytest

from snapplatform import clock
from snapplatform.errors import BlobNotFound, StorageUnavailable
from snapplatform.storage.store import LocalStore
from snapplatform.storage.survey import Seen, Survey, Throttle

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LATER = NOON + timedelta(days=2)
NAME = "a" * 32 + ".jpg"
NEVER = Throttle(None)


@pytest.fixture
def store(tmp_path):
    return LocalStore(tmp_path / "bucket")


@pytest.fixture
def survey(store):
    """Of a store with one blob; `survey.foreign` lists what it calls foreign."""
    with clock.hold(NOON):
        store.write(b"picture", ".jpg")
    foreign = []
    with Survey(store.root, foreign.append) as survey:
        survey.foreign = foreign
        yield survey


def only_blob(survey):
    [shard] = survey.shards(until=LATER)
    [name] = survey.read(shard).blobs
    return f"{shard}/{name}"


def test_shards_come_in_the_order_of_time_and_within_the_bounds(store):
    minutes = [3, 1, 2, 24 * 60 + 1, 0]
    for minute in minutes:
        with clock.hold(NOON + timedelta(minutes=minute)):
            store.write(b"x", ".jpg")
    with Survey(store.root) as survey:
        every = list(survey.shards(until=LATER))
        assert every == ["20261120/1200", "20261120/1201", "20261120/1202", "20261120/1203", "20261121/1201"]
        since, until = NOON + timedelta(minutes=1), NOON + timedelta(minutes=3)
        assert list(survey.shards(since=since, until=until)) == every[1:3]


def test_files_have_size_and_age_and_temporary_ones_stand_apart(survey, store):
    blob = only_blob(survey)
    os.utime(store.root / blob, (1000, 1000))
    (store.root / f"{blob}.part").write_text("half")
    shard = survey.read("20261120/1200")
    assert shard.blobs == {blob.split("/")[-1]: Seen(7, 1000.0)}
    assert [seen.size for seen in shard.temporary.values()] == [4]
    assert survey.foreign == []


HOSTILE = [
    "a.jpg",
    "-rf",
    NAME + "\n",
    NAME.upper(),
    "notes.part",
    ".hidden",
    "\x1b[2J",
    "ü" * 40,
    "x" * 250,
    b"\xff\xfe".decode("utf-8", "surrogateescape"),
]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("folder", ["", "20261120", "20261120/1200"])
def test_names_that_the_store_never_gave_are_foreign(survey, store, folder, name):
    (store.root / folder / name).write_text("somebody's")
    only_blob(survey)
    assert survey.foreign == [f"{folder}/{name}".lstrip("/")]


def test_folders_and_pipes_with_a_blobs_name_are_foreign(survey, store):
    shard = store.root / "20261120/1200"
    (shard / NAME).mkdir()
    os.mkfifo(shard / ("b" * 32 + ".jpg"))
    (store.root / "20261120/1201").write_text("a file like a shard")
    (store.root / "20261121").write_text("a file like a day")
    only_blob(survey)
    assert len(survey.foreign) == 4
    for name in (NAME, "b" * 32 + ".jpg"):
        with pytest.raises(StorageUnavailable, match="no file"):
            survey.look(f"20261120/1200/{name}")


def test_links_are_not_followed_at_any_depth(survey, store, tmp_path):
    outside = tmp_path / "outside"
    (outside / "1200").mkdir(parents=True)
    (outside / "1200" / NAME).write_text("secret")
    (store.root / "20261119").symlink_to(outside)
    (store.root / "20261120/1201").symlink_to(outside / "1200")
    (store.root / "20261120/1200" / NAME).symlink_to(outside / "1200" / NAME)
    only_blob(survey)
    assert sorted(survey.foreign) == ["20261119", f"20261120/1200/{NAME}", "20261120/1201"]
    for shard in ("20261119/1200", "20261120/1201", "20261120/1200"):
        with pytest.raises(StorageUnavailable):
            survey.look(f"{shard}/{NAME}")
    assert survey.read("20261120/1201").problem


@pytest.mark.parametrize("blob", ["", "b1", f"20261120/1200/{NAME}", f"20261119/1200/{NAME}", "../../secret"])
def test_where_nothing_is_nothing_is_seen(survey, blob):
    assert survey.look(blob) is None


def test_the_digest_is_of_all_bytes_and_keeps_to_its_rate(survey, store):
    data = os.urandom(2_500_000)
    blob = store.write(data, ".jpg").blob
    pauses = []
    assert survey.digest(blob, Throttle(1e6, pauses.append)) == hashlib.sha256(data).hexdigest()
    assert sum(pauses) == pytest.approx(2.5)
    assert len(pauses) == 3
    with pytest.raises(BlobNotFound):
        survey.digest(f"20261120/1200/{NAME}", NEVER)


def test_a_shard_that_vanished_is_empty(survey):
    shard = survey.read("20261120/1159")
    assert (shard.blobs, shard.temporary, shard.problem) == ({}, {}, "")


def test_a_missing_folder_is_a_disk_that_is_not_mounted(tmp_path):
    with pytest.raises(StorageUnavailable, match="mounted"):
        Survey(tmp_path / "nas")
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageUnavailable, match="not a folder"):
        Survey(tmp_path / "file")


def test_another_folder_in_its_place_is_noticed(survey, store):
    survey.check_mounted()
    store.root.rename(store.root.with_name("away"))
    with pytest.raises(StorageUnavailable):
        survey.check_mounted()
    store.root.mkdir()
    with pytest.raises(StorageUnavailable, match="mounted"):
        survey.check_mounted()


def test_only_old_temporary_files_of_ours_are_removed(survey, store):
    blob = only_blob(survey)
    half = store.root / f"{blob}.part"
    half.write_text("half")
    os.utime(half, (1000, 1000))
    assert not survey.remove_temporary(f"{blob}.part", datetime.fromtimestamp(999, UTC))
    assert not survey.remove_temporary(blob, LATER)
    assert not survey.remove_temporary(f"../{blob}.part", LATER)
    assert survey.remove_temporary(f"{blob}.part", LATER)
    assert not survey.remove_temporary(f"{blob}.part", LATER)
    assert survey.look(blob)
