"""Every operation against its own description: random requests, right and wrong, with rows present."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, settings
from schemathesis.config import SchemathesisConfig
from schemathesis.generation.modes import GenerationMode

from jobs.models import Job
from snapplatform.access.principal import Principal
from snapplatform.streams.services import create_stream_key
from tests import factories
from tests.api.native.client import Api

EXAMPLES = 20
# Rules between values (a format's suffix, "exactly one of") are beyond JSON Schema: what follows the document
# may still be refused with 400 in words, and foreign names with 404 and 409.
CHECKS = {
    "positive_data_acceptance": {"expected-statuses": ["2xx", "302", "400", "401", "404", "409", "429"]}
}


def load(*modes: GenerationMode) -> Any:
    config = SchemathesisConfig.from_dict({"seed": 1, "checks": CHECKS})
    document = SchemaGenerator().get_schema(request=None, public=True)
    loaded = schemathesis.openapi.from_dict(document, config=config)
    loaded.app = get_wsgi_application()
    loaded.config.generation.update(modes=list(modes))
    return loaded


any_request = load(GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
right_request = load(GenerationMode.POSITIVE)
bounded = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def rows(job: Job, principal: Principal) -> dict[str, str]:
    """An id of each kind that exists."""
    return {
        "stream_id": str(job.stream_id),
        "stream_key_id": str(create_stream_key(principal=principal)[0].pk),
        "template_id": str(job.template_id),
        "bucket_id": str(job.bucket_id),
        "job_id": str(job.pk),
        "snapshot_id": str(factories.make_snapshot(job).pk),
    }


@pytest.fixture(autouse=True)
def _stay_connected() -> Iterator[None]:
    """A request closes stale connections at its ends, but this one lives in the test's own transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def check(case: Any, api: Api) -> None:
    """One request, with all of schemathesis' checks, undone afterwards so that the rows stay for the next."""
    with transaction.atomic():
        case.call_and_validate(headers=api.headers)
        transaction.set_rollback(True)


@any_request.parametrize()
@bounded
def test_any_request(case: Any, api: Api, rows: dict[str, str]):
    check(case, api)


@right_request.parametrize()
@bounded
def test_right_requests_about_rows_that_exist(case: Any, api: Api, rows: dict[str, str]):
    for name in case.path_parameters or {}:
        case.path_parameters[name] = rows[name]
    if isinstance(case.body, dict):
        case.body.update({name: rows[name] for name in case.body if name in rows})
        if "ids" in case.body:
            case.body["ids"] = [rows["snapshot_id"]]
    check(case, api)
