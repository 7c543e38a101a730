"""The parent's end of the publisher process."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench import processes
from bench.content import CAMERAS

WAIT_SECONDS = 30.0


class Fleet:
    """Publishes streams wherever it is told. Not counted in any figure, but its share is told."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._process = processes.start(
            processes.python("bench.publisher"), log=log, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._events: queue.Queue[dict[str, Any]] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def publish(
        self, names: Sequence[str], port: int, content: str = "1080p30", chunk_size: int = 60000
    ) -> dict[str, float]:
        """Publish streams whose keyframes are spread over the GOP; returns when each one's first keyframe was
        sent (seconds since 1970). Raises RuntimeError when one is refused."""
        self.begin(names, port, content, chunk_size)
        return {name: self.wait("live", name)["keyframe_at"] for name in names}

    def begin(
        self, names: Sequence[str], port: int, content: str = "1080p30", chunk_size: int = 60000
    ) -> None:
        """publish() without the waiting; wait() for "publishing" and "live"."""
        gop = CAMERAS[content].gop_seconds
        streams = [(name, gop * index / len(names)) for index, name in enumerate(names)]
        self._tell(do="publish", streams=streams, port=port, content=content, chunk_size=chunk_size)

    def stop(self) -> None:
        self._tell(do="stop")
        self.wait("stopped")
        while not self._events.empty():  # what was told of these streams
            self._events.get()

    def report(self) -> dict[str, Any]:
        """`streams`; since the last time: `late_ms` of the latest message, most bytes unsent (`backlog`)."""
        self._tell(do="report")
        return self.wait("report")

    def wait(self, event: str, stream: str | None = None) -> dict[str, Any]:
        """The next event of this kind (and stream); the others before it stay."""
        end, passed = time.monotonic() + WAIT_SECONDS, []
        try:
            while True:
                found = self._events.get(timeout=max(0.0, end - time.monotonic()))
                if found["event"] == event and stream in (None, found.get("stream")):
                    return found
                if found["event"] in ("refused", "gone"):
                    raise RuntimeError(f"stream {found['stream']} was {found['event']}: {found['why']}")
                passed.append(found)
        except queue.Empty:
            raise RuntimeError(f"no {event!r} of {stream or 'the publisher'}; see {self._log}") from None
        finally:
            for found in passed:
                self._events.put(found)

    def close(self) -> None:
        processes.end([self._process])

    def _tell(self, **command: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command).encode() + b"\n")
        self._process.stdin.flush()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._events.put(json.loads(line))
