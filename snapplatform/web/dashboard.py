"""The dashboard: what is live, what was taken, what needs attention. Each figure is one query."""

from typing import Any

from django.core.cache import cache
from django.db.models import Count, Q, QuerySet, Sum
from django.http import HttpRequest
from django.urls import reverse

from jobs import reasons
from jobs.admin.panel import picture
from jobs.admin.pictures import attach_newest, with_newest
from jobs.models import Job, Snapshot
from snapplatform import adminkit, clock
from snapplatform.access.admin.scoping import person
from snapplatform.access.models import Account
from snapplatform.access.principal import principal_of
from snapplatform.cluster.models import Duty
from snapplatform.storage.models import StoredObject
from snapplatform.streams import addresses
from snapplatform.streams.models import Stream
from snapplatform.web import machines
from templates.models import Template

TILES = 12
LISTED = 5
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
STORAGE_SECONDS = 60


def context(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """UNFOLD's DASHBOARD_CALLBACK: adds what web/dashboard.html shows."""
    streams = _own(request, Stream.objects.all())
    jobs = _own(request, Job.objects.all())
    live = streams.filter(state=Stream.State.LIVE)
    counted = streams.aggregate(live=Count("pk", filter=Q(state=Stream.State.LIVE)), all=Count("pk"))
    started = jobs.aggregate(
        started=Count("pk", filter=Q(status=Job.Status.STARTED)),
        waiting=Count("pk", filter=Q(status=Job.Status.STARTED) & ~Q(waiting="")),
        all=Count("pk"),
    )
    context.update(
        cards=[*_activity(counted, started), *_pictures(request), _storage(request)],
        tiles=tiles(live),
        more_live=max(0, counted["live"] - TILES),
        attention=attention(request, jobs, started["waiting"]),
        steps=first_steps(request, counted["all"], started["all"]),
        publish=addresses.publish_url("my-camera"),
    )
    return context


def tiles(live: QuerySet[Stream]) -> list[dict[str, Any]]:
    """The streams that came last, with their newest picture."""
    rows = attach_newest(with_newest(live.order_by("-online_since"), "stream")[:TILES])
    return [
        {
            "stream": row,
            "picture": picture(row.newest) if row.newest else None,
            "badge": adminkit.live_badge(True),
            "online": adminkit.age(row.online_since),
            "video": adminkit.resolution(row.width, row.height),
        }
        for row in rows
    ]


def attention(request: HttpRequest, jobs: QuerySet[Job], waiting: int) -> list[dict[str, str]]:
    """What somebody should look at. Machines are the superuser's matter."""
    found = [
        {"icon": "hourglass_top", "text": f"{job} waits: {job.waiting}", "url": _page(job)}
        for job in (jobs.exclude(waiting="").filter(status=Job.Status.STARTED)[:LISTED] if waiting else ())
    ]
    if waiting > LISTED:
        more = f"{waiting - LISTED} more jobs wait"
        found.append({"icon": "more_horiz", "text": more, "url": reverse("admin:jobs_job_changelist")})
    for job in jobs.filter(reasons.rare_keyframes()).select_related("stream", "template")[:LISTED]:
        found.append({"icon": "timer_off", "text": f"{job}: {reasons.rare_words(job)}", "url": _page(job)})
    if not request.user.is_superuser:
        return found
    found += machines.attention(principal_of(person(request)))
    for duty in Duty.objects.filter(failures__gt=0).order_by("-failures")[:LISTED]:
        found.append({"icon": "event_repeat", "text": f"{duty}: {duty.last_result}", "url": _page(duty)})
    return found


def first_steps(request: HttpRequest, streams: int, jobs: int) -> list[dict[str, Any]]:
    """The way to the first picture; empty once a job exists."""
    if jobs:
        return []
    publish = {
        "done": bool(streams),
        "title": "Publish a stream",
        "text": "Point OBS, ffmpeg or a camera at this address. The stream appears by itself.",
        "url": reverse("admin:streams_stream_changelist"),
        "address": True,
    }
    template = {
        "done": _own(request, Template.objects.all()).exists(),
        "title": "Create a template",
        "text": "How often a picture is taken, and under what names it is stored.",
        "url": reverse("admin:templates_template_add"),
    }
    job = {
        "done": False,
        "title": "Submit a job",
        "text": "Apply the template to the stream. Pictures arrive from the next keyframe on.",
        "url": reverse("admin:jobs_job_add"),
    }
    return [publish, template, job]


def _activity(streams: dict[str, int], jobs: dict[str, int]) -> list[dict[str, Any]]:
    waiting = f"{jobs['waiting']} waiting" if jobs["waiting"] else f"of {jobs['all']:,}"
    return [
        _card("Live streams", "videocam", f"{streams['live']:,}", f"of {streams['all']:,}", "streams_stream"),
        _card("Started jobs", "motion_photos_auto", f"{jobs['started']:,}", waiting, "jobs_job"),
    ]


def _pictures(request: HttpRequest) -> list[dict[str, Any]]:
    """Overwrite objects don't count: each is one row, however often it changes."""
    now = clock.now_ms()
    day = Snapshot.objects.filter(timestamp__gt=now - DAY_MS, is_overlay=False)
    # Always by account, a superuser's query too: the index on the time begins with it.
    day = (
        day.filter(account__in=Account.objects.all()) if person(request).is_superuser else _own(request, day)
    )
    found = day.aggregate(day=Count("pk"), hour=Count("pk", filter=Q(timestamp__gt=now - HOUR_MS)))
    return [
        _card("Pictures, last hour", "photo_camera", f"{found['hour']:,}", "", "jobs_snapshot"),
        _card("Pictures, last 24 h", "photo_library", f"{found['day']:,}", "", "jobs_snapshot"),
    ]


def _storage(request: HttpRequest) -> dict[str, Any]:
    """A sum over the whole ledger, so pages that renew themselves ask for it once a minute."""
    user = person(request)
    key = f"dashboard-storage:{'site' if user.is_superuser else user.account_id}"
    used = cache.get(key)
    if used is None:
        used = _own(request, StoredObject.objects.all()).aggregate(size=Sum("size"), count=Count("pk"))
        cache.set(key, used, STORAGE_SECONDS)
    note = f"{used['count']:,} objects"
    return _card("Storage used", "database", adminkit.size(used["size"]), note, "storage_bucket")


def _card(title: str, icon: str, value: str, note: str, page: str) -> dict[str, Any]:
    url = reverse(f"admin:{page}_changelist")
    return {"title": title, "icon": icon, "value": value, "note": note, "url": url}


def _own(request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
    """The rows that the lists would show this person."""
    return rows if request.user.is_superuser else rows.filter(account=person(request).account_id)


def _page(row: Any) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=(row.pk,))
