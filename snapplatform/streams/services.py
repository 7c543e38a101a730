"""Writing side of streams: registering names, and stream keys. The live state is written in live.py."""

import secrets
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max, Q

from snapplatform.access.permissions import require
from snapplatform.access.principal import Principal
from snapplatform.access.secrets import encrypt
from snapplatform.access.services import digest
from snapplatform.dependants import in_use
from snapplatform.errors import AlreadyExists, InUse, InvalidValue, NotFound
from snapplatform.ids import parse_id
from snapplatform.streams import rules
from snapplatform.streams.addresses import own_stream_name
from snapplatform.streams.models import Stream, StreamKey
from snapplatform.streams.names import names_for
from snapplatform.streams.secrecy import source_of
from snapplatform.streams.selectors import get_stream
from snapplatform.streams.sources import HIDDEN, is_hidden, names_own_stream, read_source

_TRIES = 5


def create_stream(
    *,
    principal: Principal,
    name: str,
    title: str = "",
    preroll_seconds: int = 0,
    source_url: str | None = None,
) -> Stream:
    """Register a name before anybody publishes it; publishing an unknown name registers it as well.

    With `source_url` it is a pulled stream: nodes open it while a started job or a player wants it.
    """
    require(principal, "snap:CreateStream", "stream", name)
    fields: dict[str, Any] = {"title": title, "preroll_seconds": preroll_seconds}
    given = {"name": name, **fields} | ({} if source_url is None else {"source_url": source_url})
    rules.examine(given).raise_any()
    if source_url is not None:
        fields |= {"kind": Stream.Kind.PULLED, **_source(source_url)}
    if Stream.objects.filter(account=principal.account_id, name=name).exists():
        raise AlreadyExists("stream", name)
    stream, created = ensure_stream(account_id=principal.account_id, name=name, **fields)
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
    """The caller's stream that `url` names, registered if it is new: of an address of our own ingest the one
    that is published there, with no connection made; of any other the one that is pulled from it.

    Raises InvalidValue for what is neither. It looks in the caller's account only.
    """
    if not names_own_stream(parameter, url):
        return _stream_of_source(principal, parameter, url)
    name = own_stream_name(parameter, url)
    require(principal, "snap:GetStream", "stream", name)
    if found := Stream.objects.filter(account=principal.account_id, name=name).first():
        return found
    require(principal, "snap:CreateStream", "stream", name)
    return ensure_stream(account_id=principal.account_id, name=name)[0]


def update_stream(*, principal: Principal, stream_id: object, **changes: Any) -> Stream:
    """Change `title` or `preroll_seconds`, or the `source_url` of a pulled stream: the node that holds it
    connects anew. Given as it is shown, with its secrets hidden, the URL stays."""
    stream = get_stream(principal=principal, stream_id=stream_id, action="snap:UpdateStream")
    wanted = {key: value for key, value in changes.items() if key in ("title", "preroll_seconds")}
    rules.examine(wanted).raise_any()
    if "source_url" in changes and changes["source_url"] != stream.source_url:
        if not stream.pulled:
            raise InvalidValue("source_url", "only pulled streams have one: make a new stream with it")
        wanted |= _source(changes["source_url"])
    if wanted:
        Stream.objects.filter(pk=stream.pk).update(**wanted)
        stream.refresh_from_db()
    return stream


def delete_stream(*, principal: Principal, stream_id: object) -> None:
    """Forget a stream that has no jobs and isn't published; a pulled one is let go by its node."""
    stream = get_stream(principal=principal, stream_id=stream_id, action="snap:DeleteStream")
    if problem := why_in_use(stream):
        raise problem
    free = Q(state=Stream.State.OFFLINE) | Q(kind=Stream.Kind.PULLED)
    try:
        with transaction.atomic():
            gone, _ = Stream.objects.filter(free, pk=stream.pk).delete()
    except IntegrityError as error:  # a job came between the look and the deletion
        raise why_in_use(stream) or InUse("stream", stream.name, "jobs") from error
    if not gone:
        raise _published(stream)


def why_in_use(stream: Stream) -> InUse | None:
    """Why the stream can't be deleted now, if so."""
    published = stream.state == Stream.State.LIVE and not stream.pulled
    return _published(stream) if published else in_use(stream, stream.name)


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


def _stream_of_source(principal: Principal, parameter: str, url: str) -> Stream:
    """The account's stream that is pulled from exactly this URL."""
    source = read_source(parameter, url)
    require(principal, "snap:GetStream", "stream", source.shown)
    rows = Stream.objects.filter(
        account=principal.account_id, kind=Stream.Kind.PULLED, source_url=source.shown
    )
    for row in rows.order_by("number"):
        if source_of(row.source_url, row.source_encrypted) == source:
            return row
    require(principal, "snap:CreateStream", "stream", source.shown)
    fields = {"kind": Stream.Kind.PULLED, **_source(url)}
    for name in names_for(source.shown):
        row, made = ensure_stream(account_id=principal.account_id, name=name, **fields)
        if made:
            return row
    raise AlreadyExists("stream", source.shown)


def _source(text: str) -> dict[str, str]:
    """The columns of a source: what may be shown, and the whole URL encrypted where it holds secrets."""
    source = read_source("source_url", text)
    if is_hidden(source):
        raise InvalidValue("source_url", f"write the secret itself where {HIDDEN} stands")
    encrypted = encrypt(source.url) if source.secret else ""
    return {"source_url": source.shown, "source_encrypted": encrypted}


def _published(stream: Stream) -> InUse:
    return InUse("stream", stream.name, "its publisher", cure="Stop publishing it first.")
