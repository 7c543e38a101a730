"""The bench itself: it leaves nothing behind, and it says so when it can't do what it was asked."""

import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from bench.faults import mutant
from tests.faults.conftest import bench, wait_until
from tests.ops.processes import ROOT

pytestmark = [pytest.mark.faults, pytest.mark.timeout(330)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_all_processes_and_files_are_gone_when_it_is_stopped(number: signal.Signals) -> None:
    with bench("kill9") as process:
        me = psutil.Process(process.pid)
        family = wait_until(lambda: len(found := me.children(recursive=True)) > 3 and found)
        folder = Path(family[0].environ()["SNAP_DATA_DIR"]).parent
        process.send_signal(number)
        process.communicate(timeout=60)
        assert process.returncode == 130
    assert psutil.wait_procs(family, timeout=10)[1] == []
    assert not folder.exists()


def test_a_figure_is_asked_for_by_name() -> None:
    listed = subprocess.run(
        [sys.executable, "-m", "bench.faults", "--list"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "kill9" in listed.stdout
    with bench("no-such-figure") as process:
        assert "invalid choice" in process.communicate(timeout=60)[1]
    assert process.returncode == 2


def test_a_change_that_does_not_fit_the_source_stops_the_process() -> None:
    command = mutant.command({"snapplatform.ids": [["no such line", ""]]}, "check")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode != 0
    assert "0 times, not once" in done.stderr


def test_a_changed_line_takes_effect(tmp_path: Path) -> None:
    changes = {
        "snapplatform.ids": [["import secrets\n", f"open({str(tmp_path / 'done')!r}, 'w')\nimport secrets\n"]]
    }
    subprocess.run(mutant.command(changes, "version"), cwd=ROOT, capture_output=True, timeout=60)
    assert (tmp_path / "done").exists()
