"""The days and months that the list of pictures can be narrowed to.

Django's own date hierarchy reads the day of every row (0.4 s for 100,000); this asks the ends of an index.
"""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Max, Min, OuterRef, Subquery
from django.http import HttpRequest

from jobs.models import Snapshot
from snapplatform.access.models import Account

FIELD = "frame_at"
LAST_DAYS = 10
MAX_MONTHS = 24


def choices(request: HttpRequest) -> list[dict[str, Any]]:
    """Links that keep the other filters: the last days and older months, or the days of the chosen month."""
    ends = first_and_last(request)
    if ends is None:
        return []
    first, last = ends
    year, month, day = (_number(request, part) for part in ("year", "month", "day"))
    everything = [{"text": "All days", "url": _url(request), "chosen": year is None}]
    if year and month and 1 <= month <= 12 and 1 <= year <= 9999:
        days = [date(year, month, number + 1) for number in range(monthrange(year, month)[1])]
        return everything + [_day(request, item, day) for item in days if first <= item <= last]
    newest = [last - timedelta(days=number) for number in range(LAST_DAYS)]
    shown = [_day(request, item, None) for item in newest if item >= first]
    return everything + shown + [_month(request, item) for item in months(first, last)]


def months(first: date, last: date) -> list[date]:
    """The first days of the months of [first, last], newest first."""
    found: list[date] = []
    month = last.replace(day=1)
    while month >= first.replace(day=1) and len(found) < MAX_MONTHS:
        found.append(month)
        month = (month - timedelta(days=1)).replace(day=1)
    return found


def first_and_last(request: HttpRequest) -> tuple[date, date] | None:
    """The days (UTC) of the oldest and newest picture this person may see: two index look-ups an account."""
    mine = Snapshot.objects.filter(account=OuterRef("pk"))
    accounts = Account.objects.annotate(
        oldest=Subquery(mine.order_by("timestamp").values("timestamp")[:1]),
        newest=Subquery(mine.order_by("-timestamp").values("timestamp")[:1]),
    )
    if not request.user.is_superuser:
        accounts = accounts.filter(users=request.user.pk)
    ends = accounts.aggregate(first=Min("oldest"), last=Max("newest"))
    if ends["last"] is None:
        return None
    first, last = (datetime.fromtimestamp(ends[end] / 1000, UTC).date() for end in ("first", "last"))
    return first, last


def _day(request: HttpRequest, item: date, chosen: int | None) -> dict[str, Any]:
    url = _url(request, year=item.year, month=item.month, day=item.day)
    return {"text": f"{item:%b} {item.day}", "url": url, "chosen": item.day == chosen}


def _month(request: HttpRequest, item: date) -> dict[str, Any]:
    return {"text": f"{item:%B %Y}", "url": _url(request, year=item.year, month=item.month), "chosen": False}


def _url(request: HttpRequest, **parts: int) -> str:
    asked = request.GET.copy()
    for name in ("p", *(f"{FIELD}__{part}" for part in ("year", "month", "day"))):
        asked.pop(name, None)
    for part, number in parts.items():
        asked[f"{FIELD}__{part}"] = str(number)
    return f"?{asked.urlencode()}"


def _number(request: HttpRequest, part: str) -> int | None:
    text = request.GET.get(f"{FIELD}__{part}", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else None
