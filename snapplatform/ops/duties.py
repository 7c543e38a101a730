"""All periodic work of the site, gathered from the apps that own it."""

from datetime import timedelta

from django.db.models.functions import Now

from snapplatform.access.services import delete_expired_tokens
from snapplatform.cluster.duties import DutySpec
from snapplatform.cluster.models import Node
from snapplatform.storage import retention

# Long enough to look into what happened to a process, short enough that restarts don't fill the table.
KEEP_NODES = timedelta(days=7)


def delete_old_nodes() -> str:
    """Forget capture processes that ended, or stopped beating, a week ago."""
    ended = Node.objects.filter(stopped_at__lt=Now() - KEEP_NODES).delete()[0]
    silent = Node.objects.filter(stopped_at=None, beat_at__lt=Now() - KEEP_NODES).delete()[0]
    return f"{ended + silent} rows deleted"


def _delete_tokens() -> str:
    return f"{delete_expired_tokens()} tokens deleted"


ALL: list[DutySpec] = [
    *retention.DUTIES,
    DutySpec("expired tokens", timedelta(minutes=15), _delete_tokens),
    DutySpec("old nodes", timedelta(hours=1), delete_old_nodes),
]
