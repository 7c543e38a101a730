"""The newest picture of each row of a list, and addresses of pictures for pages."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.safestring import SafeString

from jobs.models import Snapshot
from snapplatform import adminkit, clock
from snapplatform.access.admin.scoping import ScopedChangeList
from snapplatform.storage import links

_HOUR = 3600


def with_newest(rows: QuerySet[Any], path: str) -> QuerySet[Any]:
    """Annotate jobs (path "job") or streams ("stream") with the id of their newest picture."""
    pictures = Snapshot.objects.filter(**{path: OuterRef("pk")}).order_by("-timestamp")
    return rows.annotate(newest_id=Subquery(pictures.values("pk")[:1]))


def attach_newest(rows: Iterable[Any]) -> list[Any]:
    """Put the newest picture on each row as `newest` (or None), in one query for all."""
    found = list(rows)
    wanted = [row.newest_id for row in found if row.newest_id]
    pictures = Snapshot.objects.select_related("object").in_bulk(wanted)
    for row in found:
        row.newest = pictures.get(row.newest_id)
    return found


class PicturedChangeList(ScopedChangeList):
    """A list whose rows carry their newest picture."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = attach_newest(self.result_list)


def without_copies(rows: QuerySet[Snapshot]) -> QuerySet[Snapshot]:
    """Each picture once: no overwrite object of a job that also keeps its pictures under their own names."""
    kept = Snapshot.objects.filter(job=OuterRef("job"), is_overlay=False)
    return rows.filter(Q(is_overlay=False) | ~Exists(kept))


def picture_url(snapshot: Snapshot) -> str:
    """A signed link that stays the same for an hour and good for one more, so that browsers keep the picture.

    An overwrite object keeps its link while its bytes change; the content's digits behind it make it new.
    """
    rest = _HOUR - int(clock.now().timestamp()) % _HOUR
    url = links.sign(snapshot.object, expires_in=rest + _HOUR)
    return f"{url}?v={snapshot.object.sha256[:8]}" if snapshot.is_overlay else url


def picture_name(snapshot: Snapshot) -> str:
    """What stands for the picture where it can't be seen."""
    return f"Picture {snapshot.sequence} of {adminkit.exact(snapshot.frame_at)}"


def thumbnail(snapshot: Snapshot | None, *, href: str = "", large: bool = False) -> SafeString:
    if snapshot is None:
        return adminkit.thumbnail("", alt="")
    return adminkit.thumbnail(picture_url(snapshot), alt=picture_name(snapshot), href=href, large=large)
