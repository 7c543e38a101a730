"""A list costs as many queries for many rows as for one."""

from datetime import timedelta

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from snapplatform import clock
from snapplatform.access.principal import Principal
from tests import factories
from tests.web.world import make_world, page_of

MANY = 20
KINDS = ["streams_stream", "streams_streamkey", "templates_template", "jobs_job", "jobs_snapshot"]
KINDS += ["storage_bucket", "storage_storedobject", "access_user", "access_accesskey", "access_token"]


def queries(client: Client, url: str) -> int:
    """Of the second time: the first may also fill caches."""
    assert client.get(url).status_code == 200
    with CaptureQueriesContext(connection) as captured:
        client.get(url)
    return len(captured)


def test_lists_and_dashboard_need_no_query_for_each_row(
    site_client: Client, owner_client: Client, who: Principal
):
    make_world(who)
    urls = ["/admin/", *(reverse(f"admin:{kind}_changelist") for kind in KINDS)]
    first = {(client, url): queries(client, url) for url in urls for client in (site_client, owner_client)}
    for _ in range(MANY - 1):
        make_world(who)
    for (client, url), count in first.items():
        assert queries(client, url) == count, url


def test_a_jobs_page_costs_the_same_for_a_long_filmstrip(owner_client: Client, who: Principal):
    job = factories.make_job(who)
    start = clock.now() - timedelta(hours=1)
    url = page_of("jobs_job", job)
    factories.make_snapshot(job, frame_at=start)
    first = queries(owner_client, url)
    for number in range(1, 30):
        factories.make_snapshot(job, frame_at=start + timedelta(seconds=number))
    assert queries(owner_client, url) == first
    assert len(owner_client.get(url).context["panel"]["strip"]) == 24
