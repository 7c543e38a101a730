"""The peers: Debian's ffmpeg pulling the same streams from the origin, tuned as well as we know how."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from bench import processes

# Little probing, or the first picture comes seconds later; and not `-fflags nobuffer`, which throws the
# keyframe away that was probed. One thread: more of them delay JPEG pictures and cost more.
_INPUT = "-threads 1 -rtmp_live live -fpsprobesize 0 -analyzeduration 100000 -probesize 500000"
_OUTPUT = "-an -vf fps=1/5 -c:v mjpeg -threads 1 -f image2"
NOKEY = "-skip_frame nokey"


def ffmpeg() -> str | None:
    """Debian's, where it is installed."""
    return shutil.which("ffmpeg")


class Peers:
    """Some ffmpeg processes, each writing `<folder>/<stream>-<number>.jpg`."""

    def __init__(self, folder: Path, port: int, q: int) -> None:
        self.folder = folder
        self._port, self._q = port, q
        self._processes: list[subprocess.Popen[bytes]] = []

    @property
    def pids(self) -> list[int]:
        return [process.pid for process in self._processes]

    def start_each(self, names: Sequence[str], decode: str = NOKEY) -> None:
        """One process a stream."""
        for name in names:
            self._start(self._input(name, decode) + self._output(name))

    def start_one(self, names: Sequence[str], decode: str = NOKEY) -> None:
        """One process for all streams."""
        words = [word for name in names for word in self._input(name, decode)]
        for number, name in enumerate(names):
            words += ["-map", f"{number}:v", *self._output(name)]
        self._start(words)

    def start_single(self, name: str, decode: str = NOKEY) -> None:
        """A process that takes one picture and ends: the shortest way to a first one."""
        output = [
            "-an",
            "-frames:v",
            "1",
            "-c:v",
            "mjpeg",
            "-q:v",
            str(self._q),
            "-f",
            "image2",
            self._path(name),
        ]
        self._start(self._input(name, decode) + output)

    def stop(self) -> None:
        processes.end(self._processes)
        self._processes.clear()

    def count(self, since: float, until: float) -> int:
        """Pictures whose last byte was written in this time (wall clock)."""
        return sum(since <= file.stat().st_mtime < until for file in self.folder.glob("*.jpg"))

    def wait_for_pictures(self, count: int, seconds: float) -> None:
        """Until that many streams have a picture. RuntimeError when they don't in this time."""
        end = time.monotonic() + seconds
        while len(list(self.folder.glob("*-000001.jpg"))) < count:
            if time.monotonic() > end:
                raise RuntimeError(f"ffmpeg brought no pictures; see {self.folder / 'ffmpeg.log'}")
            time.sleep(0.05)

    def first_picture(self, name: str) -> float | None:
        """When the first picture of a stream was written, once the next one is there or ffmpeg has ended."""
        try:
            return (self.folder / f"{name}-000001.jpg").stat().st_mtime
        except FileNotFoundError:
            return None

    def _start(self, words: Sequence[str]) -> None:
        self.folder.mkdir(exist_ok=True)
        command = [str(ffmpeg()), "-v", "error", "-nostdin", *words]
        self._processes.append(processes.start(command, log=self.folder / "ffmpeg.log"))

    def _input(self, name: str, decode: str) -> list[str]:
        return [*decode.split(), *_INPUT.split(), "-i", f"rtmp://127.0.0.1:{self._port}/live/{name}"]

    def _output(self, name: str) -> list[str]:
        return [*_OUTPUT.split(), "-q:v", str(self._q), self._path(name)]

    def _path(self, name: str) -> str:
        return str(self.folder / f"{name}-%06d.jpg")
