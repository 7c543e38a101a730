"""Real rows for tests, made the way the platform makes them. Each call makes new ones."""

from datetime import timedelta
from itertools import count
from typing import Any

from jobs.models import Job, Snapshot
from jobs.services import submit_job
from snapplatform import clock
from snapplatform.access.models import Account, User
from snapplatform.access.principal import Principal, principal_of
from snapplatform.storage import ledger
from snapplatform.storage.buckets import store_of
from snapplatform.storage.models import Bucket
from snapplatform.storage.services import create_bucket
from snapplatform.streams.models import Stream
from snapplatform.streams.services import create_stream
from templates.models import Template
from templates.services import create_template

_numbers = count(1)


def make_account(name: str = "") -> Account:
    number = next(_numbers)
    return Account.objects.create(id=10**15 + number, name=name or f"account-{number}")


def make_user(account: Account | None = None, **fields: object) -> User:
    number = next(_numbers)
    account = account or make_account()
    return User.objects.create_user(
        f"user-{number}", "a password of tests", account=account, ram_name=f"user-{number}", **fields
    )


def make_principal(account: Account | None = None, **fields: object) -> Principal:
    return principal_of(make_user(account, **fields))


def make_bucket(principal: Principal, name: str = "", **options: object) -> Bucket:
    return create_bucket(principal=principal, name=name or f"bucket-{next(_numbers)}", **options)


def make_stream(principal: Principal, name: str = "", *, live: bool = False, **fields: Any) -> Stream:
    stream = create_stream(principal=principal, name=name or f"stream-{next(_numbers)}", **fields)
    if live:
        Stream.objects.filter(pk=stream.pk).update(state=Stream.State.LIVE, online_since=clock.now())
        stream.refresh_from_db()
    return stream


def make_template(principal: Principal, **fields: Any) -> Template:
    sequence = "{JobId}/{UnixTimestamp}.jpg"
    given = {"name": "every 5 s", "interval_ms": 5000, "sequence_format": sequence, **fields}
    return create_template(principal=principal, **given)


def make_job(principal: Principal, **fields: Any) -> Job:
    """A job on a stream, template and bucket of its own, as far as they aren't given."""
    given = {
        "name": f"job-{next(_numbers)}",
        "stream": fields.pop("stream", None) or make_stream(principal),
        "template": fields.pop("template", None) or make_template(principal),
        "bucket": fields.pop("bucket", None) or make_bucket(principal),
        **fields,
    }
    return submit_job(principal=principal, **given)


def make_snapshot(job: Job, data: bytes = b"\xff\xd8 a picture", **fields: Any) -> Snapshot:
    """A picture of the job with real bytes in its bucket; `frame_at` says when it was taken."""
    taken = fields.pop("frame_at", None) or clock.now()
    overlay = fields.get("is_overlay", False)
    number = next(_numbers)
    stored = (ledger.overwrite if overlay else ledger.register)(
        account_id=job.account_id,
        bucket_id=job.bucket_id,
        key=f"{job.pk}/{'newest' if overlay else number}.jpg",
        blob=store_of(job.bucket).write(data, ".jpg"),
        content_type="image/jpeg",
        expires_at=clock.now() + timedelta(days=1),
        at=taken,
    )
    facts = {
        "sequence": number,
        "timestamp": int(taken.timestamp() * 1000),
        "media_time_ms": 0,
        "stored_at": taken + timedelta(milliseconds=40),
        "lag_ms": 40,
        "age_ms": 15,
        "width": 320,
        "height": 180,
        **fields,
    }
    return Snapshot.objects.create(
        account_id=job.account_id, job=job, stream=job.stream, object=stored, frame_at=taken, **facts
    )
