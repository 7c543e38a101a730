"""`manage.py capture`."""

from typing import Any

from django.core.management.base import BaseCommand

from snapplatform.node.main import options_from_settings, run_node


class Command(BaseCommand):
    help = (
        "Run one capture node: takes streams on SNAP_RTMP_HOST and SNAP_RTMP_PORT, and takes the "
        "pictures of the started jobs of these streams, in SNAP_DECODERS decoder processes. Several "
        "nodes of one machine share the port. Stops on Ctrl-C or SIGTERM. "
        "Example: SNAP_RTMP_HOST=0.0.0.0 manage.py capture"
    )

    def handle(self, *args: Any, **options: Any) -> None:
        raise SystemExit(run_node(options_from_settings()))
