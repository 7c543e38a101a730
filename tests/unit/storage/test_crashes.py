"""Real failures of a process and a disk, in processes of their own: limits, full disks, kill -9."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from datetime import timedelta
from pathlib import Path

import pytest

from snapplatform import clock
from snapplatform.storage.store import LocalStore

PROJECT = Path(__file__).parents[3]


def child(code: str, *args: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *args], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    )


def test_a_write_beyond_the_file_size_limit_leaves_no_part(tmp_path):
    process = child(
        """
        import resource, sys
        from pathlib import Path
        from snapplatform.errors import StorageUnavailable
        from snapplatform.storage.store import LocalStore
        store = LocalStore(Path(sys.argv[1]))
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        store.write(b"x" * 90_000, ".jpg")
        try:
            store.write(b"x" * 200_000, ".jpg")
        except StorageUnavailable as error:
            print(error, error.temporary)
        """,
        str(tmp_path),
    )
    out, _ = process.communicate(timeout=60)
    assert "larger than this disk or process may write" in out
    assert out.endswith("False\n")
    assert [path.stat().st_size for path in tmp_path.rglob("*.*")] == [90_000]


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_full_disk_holds_whole_files_only(tmp_path):
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", tmp_path], check=False).returncode:
        pytest.skip("this machine lets nobody mount a small disk")
    try:
        process = child(
            """
            import sys
            from pathlib import Path
            from snapplatform.errors import StorageUnavailable
            from snapplatform.storage.store import LocalStore
            store, good = LocalStore(Path(sys.argv[1])), 0
            for _ in range(40):
                try:
                    store.write(b"x" * 150_000, ".jpg")
                    good += 1
                except StorageUnavailable as error:
                    assert error.temporary and "disk is full" in str(error), error
            print(good)
            """,
            str(tmp_path),
        )
        out, _ = process.communicate(timeout=60)
        sizes = [path.stat().st_size for path in tmp_path.rglob("*.*")]
        assert sizes == [150_000] * int(out)
        assert 0 < len(sizes) < 40
    finally:
        subprocess.run(["umount", tmp_path], check=True)


def test_killed_writers_leave_whole_files_and_parts_that_are_swept(tmp_path):
    """kill -9 in the middle of writing, again and again: what write() returned is there, whole."""
    for turn in range(8):
        process = child(
            """
            import json, sys, threading
            from pathlib import Path
            from snapplatform.storage.store import LocalStore
            store = LocalStore(Path(sys.argv[1]))
            def work(letter):
                while True:
                    blob = store.write(letter * 400_000, ".jpg")
                    sys.stdout.write(json.dumps([blob.blob, blob.sha256]) + "\\n")
                    sys.stdout.flush()
            for letter in (b"a", b"b"):
                threading.Thread(target=work, args=[letter], daemon=True).start()
            threading.Event().wait(60)
            """,
            str(tmp_path / "bucket"),
        )
        assert process.stdout is not None
        first = "".join(process.stdout.readline() for _ in range(1 + turn))  # another moment each time
        process.send_signal(signal.SIGKILL)
        lines = (first + process.stdout.read()).splitlines()
        process.wait(30)
        process.stdout.close()
        store = LocalStore(tmp_path / "bucket")
        for line in lines:
            if line.endswith("]"):  # the last one may be cut
                blob, _ = json.loads(line)
                assert store.open(blob).read() in (b"a" * 400_000, b"b" * 400_000)

    with clock.hold(clock.now() + timedelta(hours=2)):
        store.sweep_temp(timedelta(hours=1))
    sizes = {path.stat().st_size for path in (tmp_path / "bucket").rglob("*.*")}
    assert sizes == {400_000}
