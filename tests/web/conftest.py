"""People at the admin: who runs the site, an account's owner, and a stranger of another account."""

import pytest
from django.test import Client

from snapplatform.access.models import Account, User
from snapplatform.access.principal import Principal, principal_of
from tests import factories


@pytest.fixture
def owner(account: Account) -> User:
    """Staff, and the owner of `account`."""
    return factories.make_user(account, is_staff=True, is_root=True)


@pytest.fixture
def who(owner: User) -> Principal:
    return principal_of(owner)


@pytest.fixture
def owner_client(owner: User) -> Client:
    return signed_in(owner)


@pytest.fixture
def site_client(db: None) -> Client:
    """Signed in as the platform's superuser, whose own account is another one."""
    return signed_in(factories.make_user(is_staff=True, is_superuser=True, is_root=True))


@pytest.fixture
def stranger(db: None) -> Principal:
    """The owner of another account."""
    return principal_of(factories.make_user(is_staff=True, is_root=True))


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client
