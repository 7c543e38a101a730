"""Writing side of streams: registering names, and stream keys. The live state is written in live.py."""

import secrets
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max

from snapplatform.access.permissions import require
from snapplatform.access.principal import Principal
from snapplatform.access.services import digest
from snapplatform.dependants import in_use
from snapplatform.errors import AlreadyExists, InUse, NotFound
from snapplatform.ids import parse_id
from snapplatform.streams import rules
from snapplatform.streams.addresses import own_stream_name
from snapplatform.streams.models import Stream, StreamKey
from snapplatform.streams.selectors import get_stream

_TRIES = 5


def create_stream(*, principal: Principal, name: str, title: str = "", preroll_seconds: int = 0) -> Stream:
    """Register a name before anybody publishes it. Publishing an unknown name registers it as well."""
    require(principal, "snap:CreateStream", "stream", name)
    rules.examine({"name": name, "title": title, "preroll_seconds": preroll_seconds}).raise_any()
    if Stream.objects.filter(account=principal.account_id, name=name).exists():
        raise AlreadyExists("stream", name)
    stream, created = ensure_stream(
        account_id=principal.account_id, name=name, title=title, preroll_seconds=preroll_seconds
    )
    if not created:
        raise AlreadyExists("stream", name)
    return stream


def ensure_stream(*, account_id: int, name: str, **defaults: Any) -> tuple[Stream, bool]:
    """The account's stream of that (checked) name, made if absent, with the next free permanent number."""
    for _ in range(_TRIES):
        if found := Stream.objects.filter(account=account_id, name=name).first():
            return found, False
        newest = Stream.objects.filter(account=account_id).aggregate(newest=Max("number"))["newest"] or 0
        try:
            with transaction.atomic():
                return Stream.objects.create(
                    account_id=account_id, name=name, number=newest + 1, **defaults
                ), True
        except IntegrityError:
            continue  # another process took the name or the number between the two statements
    raise AlreadyExists("stream", name)


def stream_of_url(*, principal: Principal, parameter: str, url: str) -> Stream:
    """The caller's stream that `url`, an address of our own ingest, names; registered if it is new.

    Raises InvalidValue for any other address. It looks in the caller's account only.
    """
    name = own_stream_name(parameter, url)
    require(principal, "snap:GetStream", "stream", name)
    if found := Stream.objects.filter(account=principal.account_id, name=name).first():
        return found
    require(principal, "snap:CreateStream", "stream", name)
    return ensure_stream(account_id=principal.account_id, name=name)[0]


def update_stream(*, principal: Principal, stream_id: object, **changes: Any) -> Stream:
    """Change `title` or `preroll_seconds`."""
    stream = get_stream(principal=principal, stream_id=stream_id, action="snap:UpdateStream")
    wanted = {key: value for key, value in changes.items() if key in ("title", "preroll_seconds")}
    rules.examine(wanted).raise_any()
    if wanted:
        Stream.objects.filter(pk=stream.pk).update(**wanted)
        stream.refresh_from_db()
    return stream


def delete_stream(*, principal: Principal, stream_id: object) -> None:
    """Forget an offline stream that has no jobs."""
    stream = get_stream(principal=principal, stream_id=stream_id, action="snap:DeleteStream")
    if problem := why_in_use(stream):
        raise problem
    try:
        with transaction.atomic():
            gone, _ = Stream.objects.filter(pk=stream.pk, state=Stream.State.OFFLINE).delete()
    except IntegrityError as error:  # a job came between the look and the deletion
        raise why_in_use(stream) or InUse("stream", stream.name, "jobs") from error
    if not gone:
        raise _published(stream)


def why_in_use(stream: Stream) -> InUse | None:
    """Why the stream can't be deleted now, if so."""
    return _published(stream) if stream.state == Stream.State.LIVE else in_use(stream, stream.name)


def create_stream_key(
    *, principal: Principal, label: str = "", stream_id: object | None = None
) -> tuple[StreamKey, str]:
    """A key for publishing and playing all streams of the account, or one; the second value is shown once."""
    require(principal, "snap:CreateStreamKey", "stream-key")
    rules.examine_key({"label": label}).raise_any()
    stream = get_stream(principal=principal, stream_id=stream_id) if stream_id else None
    text = "sk_" + secrets.token_urlsafe(24)
    key = StreamKey.objects.create(
        account_id=principal.account_id, stream=stream, label=label, digest=digest(text), hint=text[:7]
    )
    return key, text


def revoke_stream_key(*, principal: Principal, key_id: object) -> None:
    require(principal, "snap:DeleteStreamKey", "stream-key", key_id)
    rows = StreamKey.objects.filter(pk=parse_id(key_id), account=principal.account_id, revoked=False)
    if not rows.update(revoked=True):
        raise NotFound("stream key", str(key_id))


def _published(stream: Stream) -> InUse:
    return InUse("stream", stream.name, "its publisher", cure="Stop publishing it first.")
