"""The demo from its first line to its last."""

import time
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from snapplatform.ops import lock
from snapplatform.ops.bootstrap import ADMIN_LOGIN, BUCKET
from snapplatform.ops.demo.checking import wrong_pictures
from snapplatform.ops.demo.client import ApiRefused, Client
from snapplatform.ops.demo.screen import Screen
from snapplatform.ops.demo.site import DemoFailed, Site
from snapplatform.ops.stopping import StopSignal

INTERVAL = 2
STREAM = JOB = "demo"
TEMPLATE = f"Demo, every {INTERVAL} seconds"
_PATIENCE = 60.0
_POLL_SECONDS = 0.25
Value = TypeVar("Value")


class Stopped(Exception):
    """Ctrl-C, or SIGTERM."""


class Demo:
    """One demo: `seconds` of pictures, or until Ctrl-C; `check` looks at each of them in the end."""

    def __init__(self, folder: Path, *, seconds: float | None, check: bool) -> None:
        self._folder, self._seconds, self._check = folder, seconds, check
        self._screen = Screen()
        self._pictures: list[dict[str, Any]] = []

    def run(self) -> int:
        """The exit code: 0 when pictures came and are right."""
        self._screen.title("Snapplatform demo")
        if pid := lock.running_pid(self._folder):
            self._screen.problem(f"Another demo runs in {self._folder} as process {pid}. Stop it first.")
            return 1
        try:
            with StopSignal() as stop, Site(self._folder) as site:
                self._stop, self._site = stop, site
                return self._play()
        except (DemoFailed, ApiRefused) as error:
            self._screen.end()
            self._screen.problem(str(error))
            return 1

    def _play(self) -> int:
        code = 0
        try:
            client = self._set_up()
            job = self._start_job(client)
            self._tell_where(self._site)
            self._watch(client, job)
            code = self._judge(client)
        except Stopped:
            self._screen.end()
            self._screen.text()
        self._screen.title("Stopping ...")
        return code

    def _set_up(self) -> Client:
        site = self._site
        site.start_platform()
        self._wait_for("the platform", lambda: _ready(site.url))
        self._screen.done("database, account and administrator are there; web, capture and work run")
        client = Client(site.url, *site.access_key())
        site.start_camera()
        self._wait_for("the camera's stream", lambda: self._is_live(client))
        self._screen.done(f"a synthetic camera publishes to {site.publish_url}")
        return client

    def _is_live(self, client: Client) -> bool:
        stream = _first(client.get("streams", name=STREAM, state="live"))
        if stream is not None:
            self._published = datetime.fromisoformat(stream["online_since"])
        return stream is not None

    def _start_job(self, client: Client) -> dict[str, Any]:
        """The template and the job, made through the API as anybody would; found again the next time."""
        template = _first(client.get("templates", search=TEMPLATE)) or client.post(
            "templates",
            {
                "name": TEMPLATE,
                "interval": INTERVAL,
                "overwrite_format": "snapshot/{JobId}.jpg",
                "sequence_format": "snapshot/{JobId}/{UnixTimestamp}.jpg",
            },
        )
        wanted = {"name": JOB, "template_id": template["id"], "stream_name": STREAM, "bucket": BUCKET}
        job = _first(client.get("jobs", template_id=template["id"], search=JOB))
        job = client.post(f"jobs/{job['id']}/restart") if job else client.post("jobs", wanted)
        self._screen.done(f"a job takes a picture of it every {INTERVAL} seconds")
        return dict(job)

    def _tell_where(self, site: Site) -> None:
        self._screen.text()
        self._screen.places(
            [
                ("Admin", f"{site.url}/admin/"),
                ("Login", f"{ADMIN_LOGIN}, password {site.password}"),
                ("API docs", f"{site.url}/api/docs/"),
                ("Folder", str(site.folder)),
                ("Log", str(site.log_path)),
            ]
        )
        self._screen.text()
        self._screen.header()

    def _watch(self, client: Client, job: dict[str, Any]) -> None:
        end = time.monotonic() + self._seconds if self._seconds is not None else float("inf")
        path = f"jobs/{job['id']}/snapshots"
        since = self._published.isoformat()
        while time.monotonic() < end:
            page = client.get(path, since=since, is_overlay="false", order="oldest", limit=200)
            shown = self._pictures[-1]["timestamp"] if self._pictures else 0
            for snapshot in page["items"]:
                if snapshot["timestamp"] > shown and self._is_of_this_run(snapshot):
                    self._pictures.append(snapshot)
                    since = snapshot["frame_at"]
                    self._screen.picture(snapshot)
            self._screen.living(f"  {_pictures(len(self._pictures))}. Ctrl-C stops the demo.")
            self._pause()
        self._screen.end()

    def _is_of_this_run(self, snapshot: dict[str, Any]) -> bool:
        """An earlier demo's pictures are in the job too, and its camera's frame numbers were others."""
        return datetime.fromisoformat(snapshot["frame_at"]) >= self._published

    def _judge(self, client: Client) -> int:
        """What came of it, in words and as the exit code."""
        self._screen.text()
        if not self._pictures:
            self._screen.problem(f"No picture arrived.\n{self._site.log_end()}")
            return 1
        self._screen.done(f"{_pictures(len(self._pictures))} arrived")
        if not self._check:
            return 0
        problems = wrong_pictures(client, self._pictures)
        for problem in problems:
            self._screen.problem(problem)
        if not problems:
            self._screen.done("each was downloaded, has the right bytes, opens, and shows a later frame")
        return 1 if problems else 0

    def _wait_for(self, what: str, look: Callable[[], bool]) -> None:
        end = time.monotonic() + _PATIENCE
        while not look():
            if time.monotonic() > end:
                raise DemoFailed(f"{what} did not come up in {_PATIENCE:.0f} s.\n{self._site.log_end()}")
            self._site.check_steady()
            self._screen.living(f"  waiting for {what} ...")
            self._pause()
        self._screen.end()

    def _pause(self) -> None:
        """A short wait. Raises Stopped after Ctrl-C, DemoFailed when a process died."""
        if self._stop.wait(_POLL_SECONDS):
            raise Stopped
        self._site.check_alive()


def _ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=5) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _first(page: dict[str, Any]) -> Any:
    return page["items"][0] if page["items"] else None


def _pictures(count: int) -> str:
    return "1 picture" if count == 1 else f"{count} pictures"
