"""Two callers of different accounts, and rows of the first."""

import pytest

from jobs.models import Job
from snapplatform.access.models import User
from snapplatform.access.principal import Principal, principal_of
from snapplatform.api.native import attempts
from snapplatform.storage.models import Bucket
from snapplatform.streams.models import Stream
from templates.models import Template
from tests import factories
from tests.api.native.client import Api


@pytest.fixture
def user(db: None) -> User:
    return factories.make_user(is_root=True)


@pytest.fixture
def principal(user: User) -> Principal:
    return principal_of(user)


@pytest.fixture
def api(user: User) -> Api:
    return Api(user)


@pytest.fixture
def stranger(db: None) -> Api:
    """Somebody of another account."""
    return Api(factories.make_user(is_root=True))


@pytest.fixture
def anyone(db: None) -> Api:
    """Nobody known."""
    return Api()


@pytest.fixture
def stream(principal: Principal) -> Stream:
    return factories.make_stream(principal, "gate/north")


@pytest.fixture
def template(principal: Principal) -> Template:
    return factories.make_template(principal)


@pytest.fixture
def job(principal: Principal, stream: Stream, template: Template, bucket: Bucket) -> Job:
    return factories.make_job(principal, stream=stream, template=template, bucket=bucket)


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    attempts.by_address.clear()
    attempts.by_login.clear()
