"""What is written about a capture: in its ledger row, its snapshot row, and its name."""

import logging
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from jobs.capture import Capture
from jobs.models import QUALITY_FLAGS, Job
from snapplatform.storage.retention import expiry
from snapplatform.storage.store import Blob

log = logging.getLogger("snapplatform.jobs")

CONTENT_TYPES = {"jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp"}


def of_object(capture: Capture, blob: Blob, job: Job, key: str) -> dict[str, Any]:
    return {
        "account_id": job.account_id,
        "bucket_id": capture.bucket_id,
        "key": key,
        "blob": blob,
        "content_type": CONTENT_TYPES[capture.image_format],
        "expires_at": expiry(capture.stored_at, job.retention_days, job.bucket),
        "at": capture.stored_at,
    }


def of_snapshot(capture: Capture, job: Job, timestamp: int) -> dict[str, Any]:
    flags = {name: name in capture.flags for name in QUALITY_FLAGS}
    return {
        "account_id": job.account_id,
        "stream_id": capture.stream_id,
        "sequence": job.sequence + 1,
        "timestamp": timestamp,
        "frame_at": capture.frame_at,
        "media_time_ms": capture.media_time_ms,
        "clock_offset_ms": capture.clock_offset_ms,
        "stored_at": capture.stored_at,
        "lag_ms": _milliseconds(capture.stored_at - capture.tick_at),
        "age_ms": max(0, _milliseconds(capture.tick_at - capture.frame_at)),
        "width": capture.width,
        "height": capture.height,
        "luma": capture.luma,
        **flags,
    }


def of_name(job: Job, timestamp: int) -> dict[str, str]:
    """What the placeholders of names stand for. The date is the account's, of the picture's timestamp."""
    moment = datetime.fromtimestamp(timestamp / 1000, UTC).astimezone(_zone(job.account.time_zone))
    return {
        "JobId": str(job.pk),
        "UnixTimestamp": str(timestamp),
        "Sequence": f"{job.sequence + 1:06d}",
        "Date": moment.date().isoformat(),
    }


@lru_cache(maxsize=256)
def _zone(name: str) -> tzinfo:
    """A name that this machine doesn't know must not cost pictures: UTC, and a line in the log."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        log.error("time zone %r is not known here; UTC is used for {Date}", name)
        return UTC


def _milliseconds(span: timedelta) -> int:
    return round(span / timedelta(milliseconds=1))
