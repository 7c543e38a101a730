"""What a new site needs before anybody can use it. Every step looks first, so all may be done again."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.models import Count, Q, QuerySet

from snapplatform.access.models import Account, User
from snapplatform.access.principal import principal_of
from snapplatform.access.secrets import check_fingerprint
from snapplatform.ops.lock import wait_lock
from snapplatform.ops.reach import reach_database
from snapplatform.storage.models import Bucket
from snapplatform.storage.services import create_bucket
from templates.models import Template

DEFAULT_ACCOUNT_ID = 1000000000000001
ADMIN_LOGIN = "admin"
BUCKET = "snapshots"
SYSTEM_INTERVALS = (5, 10, 30, 60)
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
# Any constant does, as long as all processes of the site ask for the same one.
_ADVISORY_LOCK = 0x534E4150


@dataclass(slots=True)
class Outcome:
    """What was made now; `password` is the administrator's if it was generated, to be shown once."""

    made: list[str] = field(default_factory=list)
    password: str = field(default="", repr=False)


def bootstrap() -> Outcome:
    """Bring the database up to date and make what is missing. Safe when several processes start at once.

    Raises OperationalError when the database does not answer, WrongEncryptionKey when it has another key.
    """
    outcome = Outcome()
    reach_database()
    with one_at_a_time():
        call_command("migrate", interactive=False, verbosity=0)
        check_fingerprint()
        account = ensure_account(outcome)
        admin = ensure_admin(account, outcome)
        ensure_bucket(account, admin, outcome)
        for each in without_templates():
            ensure_system_templates(each, outcome)
    return outcome


def without_templates() -> QuerySet[Account]:
    """Accounts that lack a system template: new ones."""
    present = Count("templates", filter=Q(templates__kind=Template.Kind.SYSTEM))
    return Account.objects.annotate(present=present).filter(present__lt=len(SYSTEM_INTERVALS)).order_by("pk")


def new_password() -> str:
    """74 bits, without letters that look alike."""
    words = ("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(3))
    return "-".join(words)


def ensure_account(outcome: Outcome) -> Account:
    account, made = Account.objects.get_or_create(pk=DEFAULT_ACCOUNT_ID, defaults={"name": "default"})
    if made:
        outcome.made.append(f"account default ({account.pk})")
    return account


def ensure_admin(account: Account, outcome: Outcome) -> User:
    """The site's first administrator. A site that renamed or replaced it gets no second one."""
    existing = User.objects.filter(is_superuser=True).order_by("created_at").first()
    if existing is not None:
        return existing
    password = settings.SNAP.admin_password
    if not password:
        password = outcome.password = new_password()
    outcome.made.append(f"administrator {ADMIN_LOGIN}")
    return User.objects.create_superuser(
        ADMIN_LOGIN, password, account=account, ram_name=ADMIN_LOGIN, is_root=True
    )


def ensure_bucket(account: Account, admin: User, outcome: Outcome) -> None:
    if not Bucket.objects.filter(account=account, endpoint="local", name=BUCKET).exists():
        create_bucket(principal=principal_of(admin).acting_in(account.pk), name=BUCKET)
        outcome.made.append(f"bucket local/{BUCKET}")


def ensure_system_templates(account: Account, outcome: Outcome) -> None:
    """The templates that every account finds ready; nobody can change them."""
    for seconds in SYSTEM_INTERVALS:
        _, made = Template.objects.get_or_create(
            account=account,
            kind=Template.Kind.SYSTEM,
            interval_ms=seconds * 1000,
            defaults={
                "name": f"Every {seconds} seconds" if seconds < 60 else "Every minute",
                "overwrite_format": "snapshot/{JobId}.jpg",
                "sequence_format": "snapshot/{JobId}/{UnixTimestamp}.jpg",
            },
        )
        if made:
            outcome.made.append(f"template of {seconds} s for account {account.name}")


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Two migrations at once break each other; on many machines only the database can keep them apart."""
    if connection.vendor != "postgresql":
        with wait_lock(settings.SNAP.data_dir / "bootstrap.lock"):
            yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_ADVISORY_LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_ADVISORY_LOCK])
