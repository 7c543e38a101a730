"""Doctor on capture nodes: whether one beats, and which ones should but don't."""

from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.db.models.functions import Now

from snapplatform.cluster import nodes
from snapplatform.cluster.models import Node
from snapplatform.ops import lock
from snapplatform.ops.doctor.findings import Finding, bad, good

SUBJECT = "capture"


def findings() -> Iterator[Finding]:
    """Needs a database that is up to date."""
    beating = 0
    for node in Node.objects.filter(stopped_at=None).annotate(now=Now()).order_by("pk"):
        asked: datetime = node.now
        age = asked - node.beat_at
        if age <= nodes.DEAD_AFTER:
            beating += 1
        elif not nodes.gone(node):  # of a process that is gone, the next node of this machine closes the row
            yield bad(
                SUBJECT,
                f"capture node {node} has not beaten for {age.total_seconds():.0f} s: "
                "it hangs or its machine is gone",
                f"Look at process {node.pid} on {node.host} and end it if it is there; `run` starts another.",
            )
    if beating:
        yield good(SUBJECT, f"{beating} {'node beats' if beating == 1 else 'nodes beat'}")
    elif pid := lock.running_pid(settings.SNAP.data_dir):
        yield bad(
            SUBJECT,
            f"no capture node beats, although the platform runs as process {pid}",
            "Its log says why. If it was started with --only, run `manage.py run --only capture` as well.",
        )
    else:
        yield good(SUBJECT, "no node, since the platform does not run")
