"""Real rows for tests, made the way the platform makes them. Each call makes new ones."""

from itertools import count

from snapplatform.access.models import Account, User
from snapplatform.access.principal import Principal, principal_of
from snapplatform.storage.models import Bucket
from snapplatform.storage.services import create_bucket

_numbers = count(1)


def make_account(name: str = "") -> Account:
    number = next(_numbers)
    return Account.objects.create(id=10**15 + number, name=name or f"account-{number}")


def make_user(account: Account | None = None, **fields: object) -> User:
    number = next(_numbers)
    account = account or make_account()
    return User.objects.create_user(
        f"user-{number}", "a password of tests", account=account, ram_name=f"user-{number}", **fields
    )


def make_principal(account: Account | None = None, **fields: object) -> Principal:
    return principal_of(make_user(account, **fields))


def make_bucket(principal: Principal, name: str = "", **options: object) -> Bucket:
    return create_bucket(principal=principal, name=name or f"bucket-{next(_numbers)}", **options)
