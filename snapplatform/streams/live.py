"""The live state of streams, written by the node that holds them, and guarded by node and epoch."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import F, Q
from django.db.models.functions import Now

from snapplatform.access.models import Account
from snapplatform.access.services import digest
from snapplatform.cluster.duties import DutySpec
from snapplatform.cluster.watch import BeatWatch, bury_lapsed
from snapplatform.errors import AlreadyPublished, PermissionRefused, StreamIsPulled
from snapplatform.streams.models import Stream, StreamKey
from snapplatform.streams.names import check_name
from snapplatform.streams.services import ensure_stream

NODE_DIED = "its node died"


@dataclass(frozen=True, slots=True)
class Held:
    """A stream that a node holds: its writes carry the node and this epoch."""

    stream_id: UUID
    account_id: int
    name: str
    node_id: UUID
    epoch: int
    preroll_seconds: int
    key_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Admission:
    """Whose streams a peer may publish or play, and by which key (None: by the open default)."""

    account_id: int
    key_id: UUID | None


@dataclass(frozen=True, slots=True)
class News:
    """What a node must know of the streams it holds: those to let go, with the reason, and those that an
    encoder wants to publish elsewhere."""

    gone: dict[UUID, str]
    wanted: set[UUID]


def admit(*, name: str, key: str, open_account: bool, action: str = "snap:PublishStream") -> Admission:
    """Whose stream `name` is that the bearer of `key` may publish or play.

    `open_account`: no key is needed (a loopback peer of the embedded default), and it is the site's first
    account. Raises PermissionRefused, InvalidValue.
    """
    check_name(name)
    if key:
        row = (
            StreamKey.objects.filter(digest=digest(key), revoked=False)
            .select_related("account", "stream")
            .first()
        )
        if (
            row
            and row.account.status == Account.Status.ACTIVE
            and (row.stream is None or row.stream.name == name)
        ):
            return Admission(row.account_id, row.pk)
        raise PermissionRefused(action, name, why="unknown or revoked key")
    first = Account.objects.order_by("created_at", "pk").first() if open_account else None
    if first is None:
        raise PermissionRefused(action, name, why="a stream key is needed: ?key=...")
    if first.status != Account.Status.ACTIVE:
        raise PermissionRefused(action, name, why="the account is disabled")
    return Admission(first.pk, None)


def go_live(*, node_id: UUID, admission: Admission, name: str, publisher: str) -> Held:
    """Take the stream for this node, under a new epoch. AlreadyPublished while another living node holds it;
    StreamIsPulled when it isn't for publishers.

    That this node doesn't feed it at the moment is the caller's to know: the row may lag behind.
    """
    account_id = admission.account_id
    stream, _ = ensure_stream(account_id=account_id, name=name)
    if stream.pulled:
        raise StreamIsPulled(name)
    free = Q(state=Stream.State.OFFLINE) | Q(node=None) | Q(node=node_id) | Q(node__stopped_at__isnull=False)
    taken = Stream.objects.filter(free, pk=stream.pk).update(
        state=Stream.State.LIVE,
        node=node_id,
        epoch=F("epoch") + 1,
        online_since=Now(),
        offline_since=None,
        offline_reason="",
        publisher=publisher[:64],
        wanted_at=None,
        **dict.fromkeys(("width", "height", "frame_rate", "bitrate_kbps", "gop_seconds")),
        video_codec="",
        audio_codec="",
    )
    if not taken:
        Stream.objects.filter(pk=stream.pk).update(wanted_at=Now())
        raise AlreadyPublished(name)
    stream.refresh_from_db()
    return Held(stream.pk, account_id, name, node_id, stream.epoch, stream.preroll_seconds, admission.key_id)


def describe(held: Held, **facts: Any) -> bool:
    """Keep what is known of the stream now (codec, size, rates, ...). False: we hold it no longer."""
    return Stream.objects.filter(**_guard(held)).update(**facts) == 1


def go_offline(held: Held, reason: str) -> bool:
    """The publisher is gone. False: somebody else took the stream meanwhile."""
    changed = Stream.objects.filter(**_guard(held)).update(
        state=Stream.State.OFFLINE, node=None, offline_since=Now(), offline_reason=reason[:200]
    )
    return changed == 1


def news(held: Collection[Held]) -> News:
    """Look how the rows of held streams stand; answers that they are wanted elsewhere are given once."""
    rows = {
        row[0]: row[1:]
        for row in Stream.objects.filter(pk__in=[one.stream_id for one in held]).values_list(
            "pk", "node", "epoch", "wanted_at", "account__status"
        )
    }
    keys = [one.key_id for one in held if one.key_id]
    revoked = set(StreamKey.objects.filter(pk__in=keys, revoked=False).values_list("pk", flat=True)) ^ set(
        keys
    )
    gone, wanted = {}, set()
    for one in held:
        node_id, epoch, wanted_at, status = rows.get(one.stream_id, (None, 0, None, ""))
        if (node_id, epoch) != (one.node_id, one.epoch):
            gone[one.stream_id] = "taken over"
        elif status != Account.Status.ACTIVE:
            gone[one.stream_id] = "the account is disabled"
        elif one.key_id in revoked:
            gone[one.stream_id] = "its key was revoked"
        elif wanted_at is not None:
            wanted.add(one.stream_id)
    Stream.objects.filter(pk__in=wanted).update(wanted_at=None)
    return News(gone, wanted)


def release_dead() -> int:
    """Put streams of closed nodes offline, under a new epoch: should such a node wake up, its pictures are
    refused. Returns how many."""
    held = (Stream.State.LIVE, Stream.State.OPENING)
    orphans = Stream.objects.filter(state__in=held, node__stopped_at__isnull=False)
    return orphans.update(
        state=Stream.State.OFFLINE,
        node=None,
        epoch=F("epoch") + 1,
        offline_since=Now(),
        offline_reason=NODE_DIED,
    )


def find_dead(watch: BeatWatch, *, but: UUID | None = None) -> str:
    """Close the rows of nodes that missed their beats and release what they held. A few words for a log."""
    buried = bury_lapsed(watch, but=but)
    return f"{buried} nodes, {release_dead()} streams"


def _guard(held: Held) -> dict[str, object]:
    return {"pk": held.stream_id, "node": held.node_id, "epoch": held.epoch}


_watch = BeatWatch()
DUTIES = [DutySpec("find dead nodes", timedelta(seconds=2), lambda: find_dead(_watch))]
