"""The spool: what waits is whole, in order, bounded, and taken over by one process when its own died."""

import json
import os
import signal
import subprocess
import sys
import uuid
from datetime import timedelta
from pathlib import Path

import pytest

from snapplatform import clock
from snapplatform.errors import StorageUnavailable
from snapplatform.storage import spool as module
from snapplatform.storage import spool_aside, spool_lane
from snapplatform.storage.spool import Spool, SpoolFull
from snapplatform.storage.spool_lane import Damaged, Lane
from tests.unit.storage.small_disk import small_disk

BUCKET, JOB = uuid.uuid4(), uuid.uuid4()
PICTURE = b"\xff\xd8 a picture" * 100


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "spool"


def make(root: Path, limit_bytes: int = 10**9, limit_seconds: float = 3600) -> Spool:
    return Spool(root, limit_bytes=limit_bytes, limit_seconds=limit_seconds)


@pytest.fixture
def spool(root: Path):
    made = make(root)
    yield made
    made.close()


def add(spool: Spool, picture: bytes = PICTURE, bucket: uuid.UUID = BUCKET, **item: object) -> None:
    spool.add(bucket, JOB, picture, ".jpg", lambda: item)


def only(spool: Spool) -> Lane:
    [lane] = spool.lanes()
    return lane


def items(spool: Spool) -> list[object]:
    return [lane.get(number).item for lane in spool.lanes() for number in lane.waiting(10**6)]


def files(root: Path) -> list[str]:
    return sorted(path.name for path in root.rglob("*") if path.is_file() and path.name != "lock")


def test_an_entry_is_a_picture_and_a_sidecar_that_tells_its_hash(spool, root):
    add(spool, name="door")
    picture, sidecar = sorted(path for path in root.rglob("0*.*") if path.is_file())
    assert (picture.suffix, picture.read_bytes()) == (".jpg", PICTURE)
    told = json.loads(sidecar.read_text())
    assert (told["file"], told["size"], told["item"]) == (picture.name, len(PICTURE), {"name": "door"})
    entry = only(spool).get(0)
    assert (entry.data, entry.suffix, entry.item) == (PICTURE, ".jpg", {"name": "door"})


def test_entries_come_back_in_their_order_and_leave_nothing(spool, root):
    for number in range(12):
        add(spool, n=number)
    lane = only(spool)
    assert lane.waiting(5) == [0, 1, 2, 3, 4]
    assert spool.holds(BUCKET, JOB)
    for number in lane.waiting(100):
        lane.remove(number, JOB, suffix=".jpg")
    assert not spool.holds(BUCKET, JOB)
    assert (lane.entries, lane.bytes, spool.lanes(), files(root)) == (0, 0, [], [])
    spool.close()
    assert [path.name for path in root.iterdir()] == ["lock"]


def test_folders_that_are_used_up_go(spool, monkeypatch):
    monkeypatch.setattr(spool_lane, "_SHARD", 5)
    for number in range(8):
        add(spool, n=number)
    lane = only(spool)
    for number in lane.waiting(6):
        lane.remove(number, JOB, suffix=".jpg")
    assert [path.name for path in lane.folder.iterdir()] == ["000001"]
    assert items(spool) == [{"n": 6}, {"n": 7}]


def test_buckets_have_lanes_of_their_own(spool):
    other = uuid.uuid4()
    add(spool, n=1)
    add(spool, bucket=other, n=2)
    assert {lane.bucket_id for lane in spool.lanes()} == {BUCKET, other}
    assert not spool.holds(uuid.uuid4(), JOB)


def test_what_is_being_written_holds_up_what_came_after_it(spool):
    add(spool, n=0)

    def describe() -> dict[str, object]:
        add(spool, n=2)
        assert only(spool).waiting(10) == [0]
        return {"n": 1}

    spool.add(BUCKET, JOB, PICTURE, ".jpg", describe)
    assert items(spool) == [{"n": 0}, {"n": 1}, {"n": 2}]


def test_what_could_not_be_written_leaves_no_file_and_no_gap_that_matters(spool, root):
    def fails() -> dict[str, object]:
        raise OSError(28, "No space left on device")

    add(spool, n=0)
    before = files(root)
    with pytest.raises(StorageUnavailable):
        spool.add(BUCKET, JOB, PICTURE, ".jpg", fails)
    assert files(root) == before
    add(spool, n=1)
    assert items(spool) == [{"n": 0}, {"n": 1}]
    assert spool.stats()["entries"] == 2


def test_beyond_the_bytes_nothing_new_is_taken_and_nothing_is_deleted(root):
    spool = make(root, limit_bytes=3 * len(PICTURE))
    with pytest.raises(SpoolFull):
        for _ in range(4):
            add(spool)
    assert spool.full
    assert spool.stats()["entries"] == 3
    lane = only(spool)
    lane.remove(0, JOB, suffix=".jpg")
    add(spool)
    spool.close()


def test_beyond_the_age_nothing_new_is_taken_and_nothing_is_deleted(spool, root):
    add(spool)
    spool.look()
    with clock.hold(clock.now() + timedelta(seconds=3601)):
        with pytest.raises(SpoolFull):
            add(spool)
        assert spool.stats()["oldest_seconds"] > 3600
        only(spool).remove(0, JOB, suffix=".jpg")
        spool.look()
        add(spool)


@pytest.mark.parametrize("suffix", ["jpg", "json"])
def test_damage_is_told_and_set_aside(spool, root, suffix):
    add(spool, n=0)
    add(spool, n=1)
    [victim] = root.rglob(f"000000000.{suffix}")
    victim.write_bytes(victim.read_bytes()[:40])
    lane = only(spool)
    with pytest.raises(Damaged):
        lane.get(0)
    spool.set_aside(lane, 0, "damaged", None)
    assert items(spool) == [{"n": 1}]
    assert sorted(path.suffix for path in (root / "aside").iterdir()) == [".jpg", ".json", ".reason"]
    assert (spool.stats()["entries"], spool.stats()["refused"]) == (1, 1)


@pytest.mark.parametrize(
    "text", ["[]", "{}", "null", "7", '{"file": "../../lock", "size": 0, "sha256": ""}', '"x', "[" * 10**5]
)
def test_hostile_sidecars_are_damaged_entries(spool, root, text):
    add(spool)
    [victim] = root.rglob("000000000.json")
    victim.write_text(text)
    with pytest.raises(Damaged):
        only(spool).get(0)


def test_entries_that_somebody_took_away_hold_up_nothing(spool, root):
    add(spool, n=0)
    add(spool, n=1)
    for path in root.rglob("0*.*"):
        path.unlink()
    assert only(spool).waiting(10) == []
    assert spool.lanes() == []
    add(spool, n=2)
    assert items(spool) == [{"n": 2}]


def test_what_is_aside_goes_after_a_day_or_when_room_is_short(spool, root, monkeypatch):
    for number in range(3):
        add(spool, n=number)
        spool.set_aside(only(spool), number, "refused", JOB)
    assert spool.aside.trim() == 0
    spool.aside._limit_bytes = 2 * len(PICTURE)
    spool.aside.trim()
    assert 1 <= len(list((root / "aside").glob("*.jpg"))) < 3
    monkeypatch.setattr(spool_aside, "KEPT", timedelta(0))
    spool.aside.trim()
    assert list((root / "aside").iterdir()) == []


def test_a_disk_that_is_almost_full_is_not_filled_up(spool, monkeypatch):
    add(spool)
    monkeypatch.setattr(
        module.os, "statvfs", lambda path: os.statvfs_result((4096, 4096, 10**6, 9, 9, *[0] * 5))
    )
    with pytest.raises(StorageUnavailable, match="full"):
        add(spool)


def test_a_full_disk_leaves_only_whole_files(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "FREE_BYTES", 0)
    picture = os.urandom(60_000)
    with small_disk(tmp_path / "disk", 500_000) as folder:
        spool = make(folder / "spool")
        with pytest.raises(StorageUnavailable):
            for number in range(1000):
                add(spool, picture + bytes(number * 1000), n=number)
        lane = only(spool)
        for number in lane.waiting(1000):
            assert lane.get(number).data.startswith(picture)
        assert not [name for name in files(folder) if name.endswith(".part")]
        assert len(files(folder)) == 2 * lane.entries
        lane.remove(0, JOB, suffix=".jpg")
        add(spool, picture, n=-1)
        spool.close()


CHILD = """
import sys, uuid
from pathlib import Path
from snapplatform.storage.spool import Spool
spool = Spool(Path(sys.argv[1]), limit_bytes=10**9, limit_seconds=3600)
bucket, job = uuid.UUID(sys.argv[2]), uuid.uuid4()
spool.note({"journal": 1})
for number in range(10**9):
    spool.add(bucket, job, bytes([number % 256]) * 20_000, ".jpg", lambda: {"n": number})
    print(number, flush=True)
"""


def child(root: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", CHILD, str(root), str(BUCKET)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_what_a_killed_process_accepted_is_taken_over_whole_and_once(root):
    mine, other = make(root), make(root)
    for turn in range(5):
        with child(root) as process:
            assert process.stdout
            while int(process.stdout.readline()) < 3 + turn:
                assert mine.take_over() == []  # it lives
            process.send_signal(signal.SIGKILL)
            said = [int(line) for line in process.stdout.read().split()]
            process.wait()
        [(folder, journal)] = mine.take_over()
        assert other.take_over() == [] == mine.take_over()
        assert journal == [{"journal": 1}]
        assert mine.lanes() == []
        mine.adopt(folder)
        lane = only(mine)
        numbers = lane.waiting(10**6)
        assert [lane.get(number).item["n"] for number in numbers] == list(range(len(numbers)))
        assert len(numbers) > (said[-1] if said else 3 + turn)
        assert lane.entries == len(numbers)
        assert not list(root.rglob("*.part"))
        for number in numbers:
            lane.remove(number, None, suffix=".jpg")
        assert lane.bytes == 0
        mine.look()
        assert not folder.path.exists()
    mine.close()
    other.close()


def test_what_the_taker_leaves_is_taken_over_by_the_next(root):
    first = make(root)
    add(first, n=1)
    first.close()
    second = make(root)
    [(folder, _)] = second.take_over()
    second.adopt(folder)
    second.close()
    third = make(root)
    [(folder, _)] = third.take_over()
    third.adopt(folder)
    assert items(third) == [{"n": 1}]
    third.close()


def test_a_folder_that_can_not_be_made_is_an_error_in_words(tmp_path):
    (tmp_path / "spool").write_text("a file")
    with pytest.raises(StorageUnavailable):
        make(tmp_path / "spool").note({})
    with pytest.raises(StorageUnavailable):
        add(make(tmp_path / "spool"))


def test_a_process_knows_what_others_have_taken_over(root):
    dead, taker, starting = make(root), make(root), make(root)
    add(dead, n=1)
    dead.close()
    assert not starting.others_return()
    [(folder, _)] = taker.take_over()
    assert starting.others_return() and starting.take_over() == []
    taker.adopt(folder)
    assert starting.others_return() and not taker.others_return()
    lane = only(taker)
    lane.remove(0, JOB, suffix=".jpg")
    taker.look()
    assert not starting.others_return()
    taker.close()
    starting.close()
