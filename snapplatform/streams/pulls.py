"""Who holds which pulled stream: nodes claim those that are wanted, under a new epoch, and let them go.

What a node writes about a stream that it holds goes through live.describe() and live.go_offline(), which
compare node and epoch.
"""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Exists, F, Q, QuerySet
from django.db.models.functions import Now

from snapplatform.access.models import Account
from snapplatform.cluster import nodes
from snapplatform.cluster.models import Node
from snapplatform.streams import reasons
from snapplatform.streams.live import Held
from snapplatform.streams.models import Stream
from snapplatform.streams.placement import Load
from snapplatform.streams.secrecy import source_of
from snapplatform.streams.sources import Source

# More than these are claimed in later turns.
LOOKED_AT = 1000
_STANDING = (
    *("account__status", "source_url", "source_encrypted"),
    *("pk", "account_id", "name", "epoch", "preroll_seconds"),
)


@dataclass(frozen=True, slots=True)
class Claim:
    """A pulled stream that a node holds, and where it comes from (None: the secret can't be read)."""

    held: Held
    source: Source | None


def unheld(wanted: Q | Exists) -> list[UUID]:
    """The pulled streams that are wanted and that nobody holds, oldest first."""
    return list(_unheld(wanted).values_list("pk", flat=True)[:LOOKED_AT])


def claim(*, node_id: UUID, wanted: Q | Exists, among: Collection[UUID], most: int) -> list[Claim]:
    """Take up to `most` of the streams `among` for this node, under new epochs; none when it was buried.

    Rows that another node is taking at this moment are left to it.
    """
    with transaction.atomic():
        free = _unheld(wanted).filter(pk__in=among)
        rows = list(free.select_for_update(skip_locked=True, no_key=True, of=("self",))[:most])
        return _take(rows, node_id)


def claim_one(*, node_id: UUID, account_id: int, name: str) -> Claim | None:
    """Take the stream of that name for a reader on this node. None: there is none, or somebody holds it."""
    named = Q(account=account_id, name=name)
    claims = claim(node_id=node_id, wanted=named, among=unheld(named), most=1)
    return claims[0] if claims else None


def standing(node_id: UUID) -> tuple[list[Claim], list[Held]]:
    """The pulled streams that the node holds, as their rows say, and those of accounts that were disabled.

    Asked twice a second of each node, so it makes no objects of rows.
    """
    rows = Stream.objects.filter(node=node_id, kind=Stream.Kind.PULLED)
    good, disabled = [], []
    for status, shown, encrypted, *facts in rows.values_list(*_STANDING):
        held = Held(facts[0], facts[1], facts[2], node_id, facts[3], facts[4])
        if status == Account.Status.ACTIVE:
            good.append(Claim(held, source_of(shown, encrypted)))
        else:
            disabled.append(held)
    return good, disabled


def loads(default_capacity: int) -> dict[UUID, Load]:
    """What the nodes that take new streams hold, by node; those that drain or are dead are not among them."""
    rows = nodes.taking().annotate(held=Count("streams")).values_list("pk", "held", "capacity")
    return {pk: Load(held, capacity or default_capacity) for pk, held, capacity in rows}


def _unheld(wanted: Q | Exists) -> QuerySet[Stream]:
    free = Stream.objects.filter(kind=Stream.Kind.PULLED, node=None, account__status=Account.Status.ACTIVE)
    return free.filter(wanted).order_by("created_at", "pk")


def _take(rows: list[Stream], node_id: UUID) -> list[Claim]:
    """The rows are locked (on SQLite the whole database is), so all of them are still free: unless the row
    count says otherwise, and then none is taken."""
    living = Exists(Node.objects.filter(pk=node_id, stopped_at=None))
    taken = Stream.objects.filter(living, pk__in=[row.pk for row in rows], node=None).update(
        state=Stream.State.OPENING,
        node=node_id,
        epoch=F("epoch") + 1,
        offline_since=Now(),
        offline_reason=reasons.CONNECTING,
        publisher="",
        **dict.fromkeys(("width", "height", "frame_rate", "bitrate_kbps", "gop_seconds")),
        video_codec="",
        audio_codec="",
    )
    if taken != len(rows):
        transaction.set_rollback(True)
        return []
    return [_claimed(row, node_id) for row in rows]


def _claimed(row: Stream, node_id: UUID) -> Claim:
    held = Held(row.pk, row.account_id, row.name, node_id, row.epoch + 1, row.preroll_seconds)
    return Claim(held, source_of(row.source_url, row.source_encrypted))
