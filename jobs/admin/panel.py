"""What the head of a job's page shows: its newest picture, filmstrip, counters and skip reasons."""

from typing import Any

from django.utils.safestring import SafeString

from jobs import reasons
from jobs.admin.pictures import picture_name, picture_url
from jobs.explanations import LATE
from jobs.models import Job, Snapshot
from snapplatform import adminkit
from snapplatform.streams.models import Stream

FILMSTRIP = 24


def of(job: Job) -> dict[str, Any]:
    """The context of web/jobs/head.html; three queries."""
    newest, strip = filmstrip(job)
    return {
        "job": job,
        "state": state(job),
        "stream_badge": stream_badge(job),
        "interval": adminkit.interval(job.template.interval_ms),
        "newest": newest,
        "strip": strip,
        "counters": counters(job),
        "troubles": troubles(job),
        "waits": reasons.explain(job.waiting, job) if job.waiting else "",
        "started": adminkit.age(job.started_at) if job.status == Job.Status.STARTED else "",
    }


def filmstrip(job: Job) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    """The newest picture, and the last that have names of their own: an overwrite object is but one."""
    rows = list(job.snapshots.select_related("object").order_by("-timestamp")[: FILMSTRIP + 1])
    shown = [picture(row) for row in rows]
    return (shown[0] if shown else None), [item for item in shown if not item["row"].is_overlay][:FILMSTRIP]


def picture(row: Snapshot) -> dict[str, Any]:
    return {
        "row": row,
        "url": picture_url(row),
        "name": picture_name(row),
        "age": adminkit.age(row.frame_at),
        "size": adminkit.size(row.object.size),
        "flags": adminkit.badges(row.flags),
    }


def counters(job: Job) -> list[dict[str, Any]]:
    return [
        {"name": "Expected", "value": f"{job.expected:,}", "tone": ""},
        {"name": "Captured", "value": f"{job.captured:,}", "tone": "good", "note": adherence(job)},
        {"name": "Late", "value": f"{job.late:,}", "tone": "wait" if job.late else ""},
        {"name": "Skipped", "value": f"{job.skipped:,}", "tone": "bad" if job.skipped else ""},
    ]


def troubles(job: Job) -> list[dict[str, Any]]:
    """What was skipped, or came late, how often, and what each means."""
    found = [
        {
            "reason": skip.reason,
            "count": f"{skip.count:,}",
            "last": adminkit.age(skip.last_at),
            "explanation": reasons.explain(skip.reason, job),
        }
        for skip in job.skips.order_by("-count")
    ]
    late = {"reason": "late", "count": f"{job.late:,}", "last": adminkit.NOTHING, "explanation": LATE}
    return [*found, late] if job.late else found


def adherence(job: Job) -> str:
    """Captured of expected in percent, rounded down: 100 % means that none is missing."""
    if not job.expected:
        return ""
    return f"{min(job.captured * 1000 // job.expected / 10, 100):g} %"


def state(job: Job) -> SafeString:
    if job.status != Job.Status.STARTED:
        return adminkit.badge(job.status)
    if job.waiting:
        return adminkit.badge(f"waiting: {job.waiting}", "wait")
    return adminkit.badge("started", "good", dot=True)


def stream_badge(job: Job) -> SafeString:
    return adminkit.live_badge(job.stream.state == Stream.State.LIVE)
