"""`manage.py work`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from snapplatform.ops import duties
from snapplatform.ops.stopping import StopSignal
from snapplatform.ops.worker import do_once, work


class Command(BaseCommand):
    help = (
        "Do the periodic work of the site: delete pictures whose time is over, sweep up files, forget old"
        " tokens and dead processes. Any number may run, on any machine: each duty is done by one of them"
        " at a time. Stops on Ctrl-C or SIGTERM. Example for cron: manage.py work --once"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="do what is due now, then end")

    def handle(self, *args: Any, **options: Any) -> None:
        with StopSignal() as stop:
            if not options["once"]:
                work(duties.ALL, stop)
                return
            done = do_once(duties.ALL, stop)
        self.stdout.write(f"done: {', '.join(done)}" if done else "Nothing was due.")
