"""The journal: what a process had stored and not registered when it died."""

import os
import signal
import subprocess
import sys

import pytest

from snapplatform.errors import StorageUnavailable
from snapplatform.storage import journal
from snapplatform.storage.journal import Journal
from tests.unit.storage.small_disk import small_disk


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal"


def test_what_was_not_settled_is_left_in_order(path):
    written = Journal(path)
    numbers = [written.append({"picture": n}) for n in range(5)]
    written.settle(numbers[1])
    written.settle(numbers[3])
    assert len(journal.read(path)) == 5  # the file hears of it with the next line
    written.append({"picture": 5})
    assert [item["picture"] for item in journal.read(path)] == [0, 2, 4, 5]


def test_nothing_left_leaves_no_file(path):
    written = Journal(path)
    written.settle(written.append({"picture": 1}))
    assert written.close()
    assert not path.exists()
    assert journal.read(path) == []


def test_what_waits_at_the_end_stays(path):
    written = Journal(path)
    settled, _ = written.append({"picture": 1}), written.append({"picture": 2})
    written.settle(settled)
    assert not written.close()
    assert journal.read(path) == [{"picture": 2}]


def test_a_line_that_was_cut_off_costs_no_other(path, caplog):
    written = Journal(path)
    written.append({"picture": 1})
    with path.open("ab") as file:
        file.write(b'\n{"number": 7, "item": {"pict')
    written.append({"picture": 2})
    with path.open("ab") as file:
        file.write(b"\n[]\n7\n\xff\xfe\n" + b"[" * 100_000)
    assert journal.read(path) == [{"picture": 1}, {"picture": 2}]
    assert "left out" in caplog.text


def test_it_begins_anew_when_it_is_long_and_forgets_nothing(path, monkeypatch):
    monkeypatch.setattr(journal, "_BYTES", 1000)
    written = Journal(path)
    kept = written.append({"picture": "kept"})
    for number in range(200):
        written.settle(written.append({"picture": number}))
        assert path.stat().st_size < 1200
    assert {"picture": "kept"} in journal.read(path)
    written.settle(kept)
    written.append({"picture": "last"})
    assert [item["picture"] for item in journal.read(path)] == ["last"]


def test_sync_is_possible_at_any_time(path):
    written = Journal(path)
    written.sync()
    written.append({"picture": 1})
    written.sync()
    assert journal.read(path) == [{"picture": 1}]


def test_a_full_disk_is_said_and_overcome(tmp_path, monkeypatch):
    monkeypatch.setattr(journal, "_BYTES", 2000)
    with small_disk(tmp_path / "disk", 100_000) as folder:
        written = Journal(folder / "journal")
        written.append({"picture": 1})
        with pytest.raises(StorageUnavailable):
            for number in range(2000):
                written.append({"picture": "x" * 1000, "number": number})
        assert [file.name for file in folder.iterdir()] == ["journal"]
        assert journal.read(folder / "journal")[0] == {"picture": 1}
        for number in range(2, 2000):
            written.settle(number)
        written.append({"picture": 2})
        assert journal.read(folder / "journal") == [{"picture": 1}, {"picture": 2}]


CHILD = """
import sys
from pathlib import Path
from snapplatform.storage.journal import Journal
written = Journal(Path(sys.argv[1]))
for number in range(10**9):
    written.append({"picture": number, "filling": "x" * 700})
    print(number, flush=True)
"""


def test_every_line_that_was_written_outlives_kill_9(path):
    for _ in range(5):
        path.unlink(missing_ok=True)
        child = subprocess.Popen([sys.executable, "-c", CHILD, path], stdout=subprocess.PIPE, text=True)
        assert child.stdout
        try:
            while int(child.stdout.readline()) < 50:
                pass
        finally:
            os.kill(child.pid, signal.SIGKILL)
            said = [int(line) for line in child.stdout.read().split()]
            child.wait()
            child.stdout.close()
        left = [item["picture"] for item in journal.read(path)]
        assert left == list(range(len(left)))
        assert len(left) > (said[-1] if said else 50)
