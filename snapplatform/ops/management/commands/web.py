"""`manage.py web`."""

import os
import socket
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from snapplatform.ops import ports
from snapplatform.ops.web import serve


class Command(BaseCommand):
    help = (
        "Run one web process (admin, APIs, downloads) on SNAP_HTTP_HOST and SNAP_HTTP_PORT. `run` starts "
        "SNAP_WEB_WORKERS of these, which share one socket. Example: SNAP_HTTP_HOST=0.0.0.0 manage.py web"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--fd", type=int, help="an inherited listening socket, instead of binding one")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["fd"] is not None:
            serve(socket.socket(fileno=options["fd"]))
            return
        try:
            server = ports.listen(settings.SNAP.http_host, settings.SNAP.http_port, variable="SNAP_HTTP_PORT")
        except ports.PortTaken as error:
            raise CommandError(str(error), returncode=os.EX_CONFIG) from error
        serve(server)
