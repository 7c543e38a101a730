"""Reading side of streams."""

from uuid import UUID

from django.db.models import QuerySet

from snapplatform.access.permissions import require
from snapplatform.access.principal import Principal
from snapplatform.errors import StreamNotFound
from snapplatform.ids import NOBODY, parse_id
from snapplatform.streams.models import Stream, StreamKey


def list_streams(*, principal: Principal) -> QuerySet[Stream]:
    require(principal, "snap:ListStreams", "stream")
    return Stream.objects.filter(account=principal.account_id).select_related("node")


def get_stream(*, principal: Principal, stream_id: object, action: str = "snap:GetStream") -> Stream:
    """One stream by id. Raises StreamNotFound, for a foreign id too."""
    require(principal, action, "stream", stream_id)
    stream = Stream.objects.filter(pk=parse_id(stream_id), account=principal.account_id).first()
    if stream is None:
        raise StreamNotFound(id=str(stream_id))
    return stream


def find_stream(*, principal: Principal, name: str) -> Stream:
    """One stream by name. Raises StreamNotFound."""
    require(principal, "snap:GetStream", "stream", name)
    stream = Stream.objects.filter(account=principal.account_id, name=name).first()
    if stream is None:
        raise StreamNotFound(id=name)
    return stream


def stream_named(*, principal: Principal, name: str) -> UUID:
    """The id of the account's stream of this name, else one that no stream has: for filters of lists, which
    ask for permission themselves. An id lets the database use its indexes on streams."""
    rows = Stream.objects.filter(account=principal.account_id, name=name)
    return rows.values_list("pk", flat=True).first() or NOBODY


def list_stream_keys(*, principal: Principal) -> QuerySet[StreamKey]:
    require(principal, "snap:ListStreamKeys", "stream-key")
    return StreamKey.objects.filter(account=principal.account_id, revoked=False)
