"""`manage.py bootstrap`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from snapplatform.errors import SnapError
from snapplatform.ops.bootstrap import ADMIN_LOGIN, bootstrap


class Command(BaseCommand):
    help = (
        "Make a new site usable: bring the database up to date, then make the first account, the "
        "administrator 'admin', a bucket and the system templates, each only if it is missing. `run` does"
        " this by itself. The administrator's password is SNAP_ADMIN_PASSWORD, or generated and printed "
        "once. Example: SNAP_DATABASE_URL=postgresql://snap@db/snap manage.py bootstrap"
    )
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            outcome = bootstrap()
        except (SnapError, DatabaseError) as error:
            raise CommandError(f"{error}\n`manage.py doctor` tells more.") from error
        for item in outcome.made:
            self.stdout.write(f"made {item}")
        if outcome.password:
            self.stdout.write(f"login {ADMIN_LOGIN}, password {outcome.password} (shown once)")
        if not outcome.made:
            self.stdout.write("Everything is there already.")
