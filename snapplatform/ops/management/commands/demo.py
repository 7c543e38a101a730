"""`manage.py demo`."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from snapplatform.ops.demo.main import Demo


class Command(BaseCommand):
    help = (
        "Show the platform at work: sets up a site of its own in the folder demo of the data directory, "
        "publishes a synthetic camera over RTMP, starts a job through the API, and shows each picture as "
        "it is stored. Takes other ports when 8000 or 1935 are in use, and touches no other site. "
        "Ctrl-C ends everything. Example: manage.py demo --seconds 20 --check"
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--seconds",
            type=float,
            metavar="N",
            help="end after N seconds, with exit code 0 if pictures arrived (default: run until Ctrl-C)",
        )
        parser.add_argument(
            "--check",
            action="store_true",
            help="with --seconds: download every picture in the end and look whether it is right",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        folder = settings.SNAP.data_dir / "demo"
        if code := Demo(folder, seconds=options["seconds"], check=options["check"]).run():
            raise SystemExit(code)
