"""A way to make jobs."""

from collections.abc import Callable
from typing import Any

import pytest

from jobs.models import Job
from jobs.services import submit_job
from snapplatform.access.principal import Principal
from snapplatform.storage.models import Bucket
from snapplatform.streams.models import Stream
from snapplatform.streams.services import ensure_stream
from templates.services import create_template


@pytest.fixture
def submit(principal: Principal, bucket: Bucket) -> Callable[..., Job]:
    """Submit a job on a stream that is live or not."""

    def make(
        stream: str = "cam", live: bool = False, template: dict[str, Any] | None = None, **options: Any
    ) -> Job:
        row, _ = ensure_stream(account_id=principal.account_id, name=stream)
        if live:
            Stream.objects.filter(pk=row.pk).update(state="live")
            row.refresh_from_db()
        fields = {
            "name": "t",
            "interval_ms": 5000,
            "sequence_format": "{JobId}/{Sequence}.jpg",
            **(template or {}),
        }
        made = create_template(principal=principal, **fields)
        return submit_job(principal=principal, name="j", template=made, stream=row, bucket=bucket, **options)

    return make
