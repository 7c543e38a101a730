"""What started jobs wait for: said by the node that holds the stream, and by a duty when that node died."""

from uuid import UUID

from jobs.capture import STREAM_OFFLINE
from jobs.models import Job
from snapplatform.streams.models import Stream


def set_waiting(stream_id: UUID, waiting: str) -> int:
    """Say of a stream's started jobs what they wait for; "" when pictures can be taken."""
    started = Job.objects.filter(stream=stream_id, status=Job.Status.STARTED).exclude(waiting=waiting)
    return started.update(waiting=waiting[:64])


def say_offline() -> int:
    """Mark the started jobs of streams that nobody publishes as waiting; returns how many were not yet.

    Nodes say so themselves; this is for streams whose node died.
    """
    lost = Job.objects.filter(status=Job.Status.STARTED, stream__state=Stream.State.OFFLINE)
    return lost.exclude(waiting=STREAM_OFFLINE).update(waiting=STREAM_OFFLINE)
