"""`manage.py run`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from snapplatform.errors import SnapError
from snapplatform.ops.lock import AlreadyRunning
from snapplatform.ops.platform import PARTS, run_platform
from snapplatform.ops.ports import PortTaken


class Command(BaseCommand):
    help = (
        "Run the platform on this machine: the web server (admin and APIs), the capture nodes (RTMP "
        "ingest and pictures) and the worker (retention and other periodic work). Prepares the database "
        "first, starts again what dies, and stops everything on Ctrl-C or SIGTERM. Settings: "
        "docs/settings.md. Example: SNAP_HTTP_PORT=8080 manage.py run. On several machines, each may run "
        "its part: manage.py run --only capture"
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--only",
            action="append",
            choices=PARTS,
            help="run this part only; may be given several times (default: all)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        chosen = options["only"] or PARTS
        try:
            code = run_platform([part for part in PARTS if part in chosen])
        except (AlreadyRunning, PortTaken) as error:
            raise CommandError(str(error)) from error
        except (SnapError, DatabaseError) as error:
            raise CommandError(f"{str(error).strip()}\n`manage.py doctor` tells more.") from error
        if code:
            raise SystemExit(code)
