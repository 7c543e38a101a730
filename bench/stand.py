"""Everything that runs beside what is measured: the site, the publisher, the origin. Ends all of it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from types import TracebackType

from bench import processes
from bench.fleet import Fleet
from bench.peers import Peers, ffmpeg
from bench.site import Site


class Stand:
    """A context manager; leaving it ends every process, whatever happened."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.site = Site(folder, port)
        self.fleet = Fleet(folder / "publisher.log")
        self.q = 0  # ffmpeg's scale of equal quality
        self.busy = 0.0  # highest share of all cores that was in use in a window, in percent
        self.publisher = 0.0  # highest CPU of the publisher, in percent of a core
        self.late_ms = 0.0  # the latest frame the publisher sent in a window
        self._origin: subprocess.Popen[bytes] | None = None
        self._origin_port = 0
        self._peers: list[Peers] = []

    def __enter__(self) -> Stand:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        for peers in self._peers:
            peers.stop()
        self.site.stop()
        self.fleet.close()
        if self._origin is not None:
            processes.end([self._origin])

    @property
    def has_peers(self) -> bool:
        return ffmpeg() is not None

    @property
    def origin(self) -> int:
        """The port of the origin that the peers pull from, started when first asked for."""
        if self._origin is None:
            self._origin = processes.start(
                processes.python("bench.origin"), log=self.folder / "origin.log", stdout=subprocess.PIPE
            )
            assert self._origin.stdout is not None
            self._origin_port = int(self._origin.stdout.readline() or 0)
            if not self._origin_port:
                raise RuntimeError(f"the origin does not start; see {self.folder / 'origin.log'}")
        return self._origin_port

    def peers(self) -> Peers:
        """Fresh peers with a folder of their own."""
        made = Peers(self.folder / f"ffmpeg-{len(self._peers)}", self.origin, self.q)
        self._peers.append(made)
        return made
