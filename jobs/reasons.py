"""Why a job has no picture of a tick, in words for who must mend it."""

from django.db.models import F, FloatField, Q
from django.db.models.functions import Cast

from jobs.explanations import EXPLANATIONS
from jobs.models import Job
from snapplatform.streams.models import Stream
from templates.models import Template

# Measured gaps between keyframes waver a little; a GOP as long as the interval is no trouble.
SLACK = 1.25
_UNKNOWN = "Nothing more is known here. The log of the capture node tells what happened."
_WITH_DETAILS = ("unsupported video codec", "bad name", "address refused")
_RARE = "The encoder sends a keyframe every {gop:g} s, and the job wants a picture every {interval:g} s. "


def explain(reason: str, job: Job) -> str:
    """What a skip or waiting reason of the job (with its template and stream) means, and what mends it."""
    text = EXPLANATIONS.get(reason)
    if text is None:
        begun = [key for key in _WITH_DETAILS if reason.startswith(key)]
        text = EXPLANATIONS[begun[0]] if begun else _UNKNOWN
    gop, interval = job.stream.gop_seconds or 0, job.template.interval_ms / 1000
    exact = job.template.capture == Template.Capture.EXACT
    if reason == "no new keyframe" and gop > interval and not exact:
        return _RARE.format(gop=round(gop, 1), interval=interval) + text
    return text


def rare_keyframes() -> Q:
    """Started jobs on live streams whose keyframes come more seldom than the job wants pictures."""
    return Q(
        status=Job.Status.STARTED,
        stream__state=Stream.State.LIVE,
        template__capture=Template.Capture.KEYFRAME,
        stream__gop_seconds__gt=Cast(F("template__interval_ms"), FloatField()) / 1000 * SLACK,
    )


def rare_words(job: Job) -> str:
    """What is wrong with a job of rare_keyframes(), in one line."""
    gop, interval = job.stream.gop_seconds or 0, job.template.interval_ms / 1000
    return f"a picture every {interval:g} s is wanted, but a keyframe comes every {round(gop, 1):g} s"
