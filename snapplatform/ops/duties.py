"""All periodic work of the site, gathered from the apps that own it."""

from datetime import timedelta

from django.db.models.functions import Now

from jobs import duties as jobs
from snapplatform.access.services import delete_expired_tokens
from snapplatform.cluster.duties import DutySpec
from snapplatform.cluster.models import Node
from snapplatform.ops.bootstrap import Outcome, ensure_system_templates, one_at_a_time, without_templates
from snapplatform.storage import retention
from snapplatform.streams import live

# Long enough to look into what happened to a process, short enough that restarts don't fill the table.
KEEP_NODES = timedelta(days=7)


def delete_old_nodes() -> str:
    """Forget capture processes that ended, or stopped beating, a week ago."""
    ended = Node.objects.filter(stopped_at__lt=Now() - KEEP_NODES).delete()[0]
    silent = Node.objects.filter(stopped_at=None, beat_at__lt=Now() - KEEP_NODES).delete()[0]
    return f"{ended + silent} rows deleted"


def make_system_templates() -> str:
    """An account made in the admin gets its system templates within a minute, not at the next start."""
    outcome = Outcome()
    if without_templates().exists():
        with one_at_a_time():
            for account in without_templates():
                ensure_system_templates(account, outcome)
    return f"{len(outcome.made)} templates made"


def _delete_tokens() -> str:
    return f"{delete_expired_tokens()} tokens deleted"


ALL: list[DutySpec] = [
    *retention.DUTIES,
    *live.DUTIES,
    *jobs.DUTIES,
    DutySpec("expired tokens", timedelta(minutes=15), _delete_tokens),
    DutySpec("system templates", timedelta(minutes=1), make_system_templates),
    DutySpec("old nodes", timedelta(hours=1), delete_old_nodes),
]
