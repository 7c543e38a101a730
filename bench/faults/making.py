"""What a site needs before anybody publishes: the database, streams, templates, and started jobs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from bench.faults.site import Plan
    from snapplatform.access.principal import Principal
    from snapplatform.streams.models import Stream


def make_jobs(names: Sequence[str], plan: Plan) -> tuple[Principal, list[UUID]]:
    """A new site; of each stream one job an interval, the first with an overwrite object too. Returns the
    administrator and the jobs."""
    from snapplatform.access.models import User
    from snapplatform.access.principal import principal_of
    from snapplatform.ops.bootstrap import bootstrap

    bootstrap()
    principal = principal_of(User.objects.get(is_superuser=True))
    streams = {name: _stream(principal, name, plan.source) for name in names}
    return principal, [
        _submit(principal, streams[name], interval, overwrite=number == 0)
        for name in names
        for number, interval in enumerate(plan.intervals_ms)
    ]


def _stream(principal: Principal, name: str, source: str) -> Stream:
    from snapplatform.streams.services import create_stream, ensure_stream

    if source:
        return create_stream(principal=principal, name=name, source_url=source.format(name=name))
    return ensure_stream(account_id=principal.account_id, name=name)[0]


def _submit(principal: Principal, stream: Stream, interval: int, *, overwrite: bool) -> UUID:
    from jobs.services import submit_job
    from snapplatform.storage.models import Bucket
    from templates.services import create_template

    template = create_template(
        principal=principal,
        name=f"every {interval} ms",
        interval_ms=interval,
        sequence_format="{JobId}/{Sequence}.jpg",
        overwrite_format="{JobId}/newest.jpg" if overwrite else "",
    )
    job = submit_job(
        principal=principal,
        name=f"{stream.name} every {interval} ms",
        template=template,
        stream=stream,
        bucket=Bucket.objects.get(),
        autostart=True,
    )
    return job.pk
