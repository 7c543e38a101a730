"""`manage.py doctor`."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from snapplatform.ops.doctor import examine


class Command(BaseCommand):
    help = (
        "Look at settings, disk, ports, database, encryption key, clock, capture and decoder, and say what "
        "is wrong and how to mend it. Safe at any time, also while the platform runs. The exit code is 1 "
        "when something is wrong. Example: manage.py doctor --format json"
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        findings = examine()
        wrong = [finding for finding in findings if not finding.ok]
        if options["format"] == "json":
            self.stdout.write(json.dumps({"ok": not wrong, "findings": [asdict(each) for each in findings]}))
        else:
            for finding in findings:
                self.stdout.write("\n".join(finding.lines()))
            self.stdout.write(f"\n{len(wrong)} to mend." if wrong else "\nEverything is fine.")
        if wrong:
            raise SystemExit(1)
