"""The parent's end of the camera process: real publishers whose pictures tell connection and frame."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from bench import processes
from bench.faults.camera_process import SPAN
from bench.faults.context import Context

WAIT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Event:
    """`what`: "publishing" (accepted), "gone", "... done". `at`: seconds since 1970. -1: of no connection."""

    what: str
    at: float
    stream: str = ""
    connection: int = -1
    why: str = ""


class Cameras:
    """Publishes streams, and publishes again whenever a connection goes, until stop()."""

    def __init__(self, context: Context, port: int) -> None:
        self._port, self._seed = port, context.seed
        self._process: subprocess.Popen[bytes] = context.children.start(
            processes.python("bench.faults.camera_process"),
            log=context.log("cameras"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._events: list[Event] = []
        self._news = threading.Condition()
        threading.Thread(target=self._listen, daemon=True).start()

    def start(self, names: Sequence[str]) -> None:
        self._tell(do="start", streams=list(names), port=self._port, seed=self._seed)

    def reconnect(self, names: Sequence[str], *, ghost_seconds: float = 0.0) -> None:
        """New connections; the old ones go on being fed for a while."""
        self._tell(do="reconnect", streams=list(names), ghost_seconds=ghost_seconds)

    def silence(self, names: Sequence[str]) -> None:
        self._tell(do="silence", streams=list(names))
        self.wait(lambda event: event.what == "silence done", "silence")

    def stop(self, names: Sequence[str]) -> None:
        self._tell(do="stop", streams=list(names))
        self.wait(lambda event: event.what == "stop done", "the cameras to stop")

    def events(self, what: str, *, stream: str | None = None, since: float = 0.0) -> list[Event]:
        with self._news:
            return [
                event
                for event in self._events
                if event.what == what and event.at >= since and stream in (None, event.stream)
            ]

    def wait(self, wanted: Callable[[Event], bool], what: str, seconds: float = WAIT_SECONDS) -> Event:
        """The first event so far or to come. RuntimeError when there is none in time."""
        until = time.monotonic() + seconds
        with self._news:
            while True:
                for event in self._events:
                    if wanted(event):
                        return event
                if not self._news.wait(until - time.monotonic()):
                    raise RuntimeError(f"waited in vain for {what}; see cameras.log")

    def wait_live(self, names: Sequence[str], *, since: float = 0.0) -> dict[str, Event]:
        """When each stream was accepted first, since then."""

        def is_live(name: str, event: Event) -> bool:
            return event.what == "publishing" and event.stream == name and event.at >= since

        return {name: self.wait(partial(is_live, name), f"{name} to be live") for name in names}

    def _tell(self, **command: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command).encode() + b"\n")
        self._process.stdin.flush()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            found = json.loads(line)
            event = Event(found.pop("event"), **found)
            with self._news:
                self._events.append(event)
                self._news.notify_all()


def connection_of(frame_number: int) -> int:
    """The connection of its camera that a frame came by."""
    return frame_number // SPAN
