"""`manage.py check_storage`."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q, QuerySet

from snapplatform.storage.checking import Options, check_storage
from snapplatform.storage.findings import REPAIRS, Kind, Report
from snapplatform.storage.models import Bucket
from snapplatform.storage.reporting import lines_of

INTERRUPTED = 130  # as shells say for SIGINT


class Command(BaseCommand):
    help = (
        "Compare the ledger of stored objects with the files in each bucket, and say what is missing, "
        "orphaned or wrong. Changes nothing unless --repair is given. Safe at any time, also while the "
        "platform runs. The exit code is 1 when something is (still) wrong. What each finding means: "
        "docs/storage.md. Examples: manage.py check_storage --bucket local/snapshots --hash --rate 20; "
        "manage.py check_storage --repair orphaned"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--bucket", metavar="ENDPOINT/NAME", help="only this bucket (default: all)")
        parser.add_argument("--account", metavar="NAME", help="only buckets of this account (name or number)")
        parser.add_argument("--hash", action="store_true", help="read every file and compare its SHA-256")
        parser.add_argument(
            "--rate", type=_number(0.001, 1e6), metavar="MB", help="with --hash: read at most MB a second"
        )
        parser.add_argument(
            "--repair",
            action="append",
            nargs="?",
            const="all",
            choices=sorted(REPAIRS),
            help="mend what is found: orphaned and wrong files go through the garbage, rows that are missing "
            "their file (or have a wrong one) go with their snapshots. Without a word: all",
        )
        parser.add_argument(
            "--grace",
            type=_number(2, 100_000),
            default=10,
            metavar="MINUTES",
            help="leave alone what is younger (default: 10, at least 2)",
        )
        parser.add_argument(
            "--max-share",
            type=_number(0, 1),
            default=0.2,
            metavar="SHARE",
            help="repair nothing when more than this share of a bucket looks wrong "
            "(default: 0.2; 1: no limit)",
        )
        parser.add_argument(
            "--min-count",
            type=_number(0, 1e9),
            default=20,
            metavar="N",
            help="fewer wrong objects than this never stop a repair (default: 20)",
        )
        parser.add_argument(
            "--examples", type=_number(0, 1000), default=5, metavar="N", help="examples of each kind"
        )
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        buckets = _buckets(options["bucket"], options["account"])
        chosen = Options(
            repair=frozenset[Kind]().union(*(REPAIRS[word] for word in options["repair"] or ())),
            hashes=options["hash"],
            rate=options["rate"] and options["rate"] * 1e6,
            grace=timedelta(minutes=options["grace"]),
            max_share=options["max_share"],
            min_count=int(options["min_count"]),
            examples=int(options["examples"]),
        )
        reports: list[Report] = []
        try:
            for report in check_storage(buckets, chosen):
                reports.append(report)
        except KeyboardInterrupt:
            self.stderr.write("Interrupted. What was repaired stays so; the command can be run again.")
            raise SystemExit(INTERRUPTED) from None
        ok = all(report.ok for report in reports)
        if options["format"] == "json":
            found = {"ok": ok, "repair": bool(chosen.repair), "buckets": [each.as_dict() for each in reports]}
            self.stdout.write(json.dumps(found))
        else:
            self.stdout.write("\n".join(lines_of(reports, repair=bool(chosen.repair))))
        if not ok:
            raise SystemExit(1)


def _buckets(bucket: str | None, account: str | None) -> QuerySet[Bucket]:
    rows = Bucket.objects.select_related("account").order_by("account", "endpoint", "name")
    if account:
        rows = rows.filter(Q(account__name=account) | Q(account=int(account) if account.isdecimal() else -1))
    if bucket:
        endpoint, _, name = bucket.rpartition("/")
        rows = rows.filter(endpoint=endpoint, name=name)
    if (bucket or account) and not rows.exists():
        known = ", ".join(
            f"{each} of {each.account}" for each in Bucket.objects.select_related("account")[:10]
        )
        raise CommandError(f"No such bucket. This site has: {known or 'none'}.")
    return rows


def _number(low: float, high: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        value = float(text)
        if not low <= value <= high:
            raise ValueError
        return value

    parse.__name__ = f"number from {low:g} to {high:g}"  # argparse names it in its complaint
    return parse
