"""Fixtures that every kind of test uses: an account, its principal, a stranger, a bucket."""

import shutil

import pytest
from django.conf import settings

from snapplatform.access.models import Account
from snapplatform.access.principal import Principal
from snapplatform.storage.models import Bucket
from tests import factories


def pytest_unconfigure() -> None:
    """The tests' data directory goes with each process, the one that only hands out tests included."""
    shutil.rmtree(settings.TEST_ROOT, ignore_errors=True)


@pytest.fixture
def account(db: None) -> Account:
    return factories.make_account()


@pytest.fixture
def principal(account: Account) -> Principal:
    """The root user of `account`."""
    return factories.make_principal(account, is_root=True)


@pytest.fixture
def other_principal(db: None) -> Principal:
    """Somebody of another account, who must see nothing of the first."""
    return factories.make_principal(is_root=True)


@pytest.fixture
def bucket(principal: Principal) -> Bucket:
    return factories.make_bucket(principal)
