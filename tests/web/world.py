"""One of everything that the admin shows, in one account."""

from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse

from jobs.models import SkipCount
from snapplatform import clock
from snapplatform.access import services as access
from snapplatform.access.models import Token
from snapplatform.access.principal import Principal, principal_of
from snapplatform.streams.services import create_stream_key
from tests import factories


@dataclass
class World:
    """Rows by the name of their admin pages, and the secrets that no page may show."""

    rows: dict[str, Any]
    secrets: list[str] = field(default_factory=list)


def make_world(principal: Principal, *, name: str = "") -> World:
    """`name` is used for all that people may name freely."""
    words = {"name": name} if name else {}
    stream = factories.make_stream(principal, live=True, title=name)
    template = factories.make_template(principal, **words)
    job = factories.make_job(principal, stream=stream, template=template, **words)
    snapshot = factories.make_snapshot(job)
    SkipCount.objects.create(job=job, reason=name or "no fresh keyframe", count=2, last_at=clock.now())
    user = factories.make_user(job.account, display_name=name)
    key, key_secret = access.create_access_key(principal=principal_of(user), user=user, description=name)
    token, _ = access.issue_token(login=user.login, password="a password of tests")
    stream_key, stream_secret = create_stream_key(principal=principal, label=name[:64], stream_id=stream.pk)
    rows = {
        "streams_stream": stream,
        "streams_streamkey": stream_key,
        "templates_template": template,
        "jobs_job": job,
        "jobs_snapshot": snapshot,
        "storage_bucket": job.bucket,
        "storage_storedobject": snapshot.object,
        "access_account": job.account,
        "access_user": user,
        "access_accesskey": key,
        "access_token": Token.objects.get(user=user),
    }
    digests = [stream_key.digest, key.secret_encrypted, user.password, Token.objects.get(user=user).digest]
    return World(rows, [key_secret, token, stream_secret, *digests])


def pages(world: World) -> list[str]:
    """The list and the page of each kind."""
    lists = [reverse(f"admin:{kind}_changelist") for kind in world.rows]
    return lists + [page_of(kind, row) for kind, row in world.rows.items()]


def page_of(kind: str, row: Any) -> str:
    return reverse(f"admin:{kind}_change", args=(row.pk,))


def messages_of(response: Any) -> list[str]:
    """What the page says at its top."""
    return [str(message) for message in response.context["messages"]]
