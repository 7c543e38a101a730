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
from snapplatform.access.secrets import SecretUnreadable, decrypt
from snapplatform.cluster import nodes
from snapplatform.cluster.models import Node
from snapplatform.streams import reasons
from snapplatform.streams.live import Held
from snapplatform.streams.models import Stream
from snapplatform.streams.placement import Load
from snapplatform.streams.sources import Source

# More than these are claimed in later turns.
LOOKED_AT = 1000


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
        rows = (
            _unheld(wanted)
            .filter(pk__in=among)
            .select_for_update(skip_locked=True, no_key=True, of=("self",))
        )
        return [claim for row in rows[:most] if (claim := _take(row, node_id)) is not None]


def claim_one(*, node_id: UUID, account_id: int, name: str) -> Claim | None:
    """Take the stream of that name for a reader on this node. None: there is none, or somebody holds it."""
    named = Q(account=account_id, name=name)
    row = _unheld(named).first()
    return None if row is None else _take(row, node_id)


def standing(node_id: UUID) -> tuple[list[Claim], list[Held]]:
    """The pulled streams that the node holds, as their rows say, and those of accounts that were disabled."""
    rows = Stream.objects.filter(node=node_id, kind=Stream.Kind.PULLED).select_related("account")
    claims = [(row, Claim(_held(row), _source(row))) for row in rows]
    good = [claim for row, claim in claims if row.account.status == Account.Status.ACTIVE]
    return good, [claim.held for _, claim in claims if claim not in good]


def loads(default_capacity: int) -> dict[UUID, Load]:
    """What the nodes that take new streams hold, by node; those that drain or are dead are not among them."""
    rows = nodes.taking().annotate(held=Count("streams")).values_list("pk", "held", "capacity")
    return {pk: Load(held, capacity or default_capacity) for pk, held, capacity in rows}


def _unheld(wanted: Q | Exists) -> QuerySet[Stream]:
    free = Stream.objects.filter(kind=Stream.Kind.PULLED, node=None, account__status=Account.Status.ACTIVE)
    return free.filter(wanted).order_by("created_at", "pk")


def _take(row: Stream, node_id: UUID) -> Claim | None:
    """The row count decides: on SQLite, and with claim_one(), nobody holds a lock on the row."""
    living = Exists(Node.objects.filter(pk=node_id, stopped_at=None))
    free = Stream.objects.filter(living, pk=row.pk, node=None, epoch=row.epoch)
    taken = free.update(
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
    if not taken:
        return None
    row.node_id, row.epoch = node_id, row.epoch + 1
    return Claim(_held(row), _source(row))


def _held(row: Stream) -> Held:
    assert row.node_id is not None
    return Held(row.pk, row.account_id, row.name, row.node_id, row.epoch, row.preroll_seconds)


def _source(row: Stream) -> Source | None:
    try:
        url = decrypt(row.source_encrypted) if row.source_encrypted else row.source_url
    except SecretUnreadable:
        return None
    return Source(url, row.source_url)
