"""What started jobs wait for: said by the node that holds the stream, and by a duty when that node died."""

from collections.abc import Collection
from uuid import UUID

from jobs.capture import STREAM_OFFLINE
from jobs.models import Job
from snapplatform.streams import reasons
from snapplatform.streams.live import Held
from snapplatform.streams.models import Stream


def set_waiting(stream_id: UUID, waiting: str) -> int:
    """Say of a stream's started jobs what they wait for; "" when pictures can be taken."""
    started = Job.objects.filter(stream=stream_id, status=Job.Status.STARTED).exclude(waiting=waiting)
    return started.update(waiting=waiting[:64])


def say_of_held(held: Held, waiting: str) -> int:
    """The same by who holds the stream; one that lost it, and slept through that, says nothing."""
    mine = Job.objects.filter(
        stream=held.stream_id, stream__node=held.node_id, stream__epoch=held.epoch, status=Job.Status.STARTED
    )
    return mine.exclude(waiting=waiting).update(waiting=waiting[:64])


def set_connecting(stream_ids: Collection[UUID]) -> int:
    """Say of the started jobs of these pulled streams that a node has taken them up."""
    started = Job.objects.filter(stream__in=stream_ids, status=Job.Status.STARTED)
    return started.update(waiting=reasons.CONNECTING)


def waiting_of(stream: Stream) -> str:
    """What a job that starts now waits for, as far as the stream's row tells."""
    if stream.state == Stream.State.LIVE:
        return ""
    if not stream.pulled:
        return STREAM_OFFLINE
    return stream.offline_reason[:64] if stream.state == Stream.State.OPENING else reasons.CONNECTING


def say_offline() -> int:
    """Mark the started jobs of streams that nobody publishes or pulls as waiting; returns how many were not
    yet.

    Nodes say so themselves; this is for streams whose node died.
    """
    lost = Job.objects.filter(status=Job.Status.STARTED, stream__state=Stream.State.OFFLINE)
    marked = 0
    for kind, words in ((Stream.Kind.INGESTED, STREAM_OFFLINE), (Stream.Kind.PULLED, reasons.NO_NODE)):
        marked += lost.filter(stream__kind=kind).exclude(waiting=words).update(waiting=words)
    return marked
