"""Deleting: what can't go says so at once, and afterwards one is where one was."""

import html

from django.test import Client
from django.urls import reverse

from jobs.models import Job, Snapshot
from snapplatform.access.principal import Principal
from tests import factories
from tests.web.world import messages_of, page_of


def asked(client: Client, kind: str, row: object) -> str:
    """What the page of deletion says."""
    response = client.get(reverse(f"admin:{kind}_delete", args=(row.pk,)))
    assert response.status_code == 200
    return html.unescape(response.content.decode())


def test_what_cannot_be_deleted_says_so_instead_of_asking(owner_client: Client, who: Principal):
    job = factories.make_job(who, name="gate", stream=factories.make_stream(who, live=True))
    factories.make_snapshot(job)
    for kind, row, why in (
        ("streams_stream", job.stream, "in use by its publisher. Stop publishing it first."),
        ("storage_bucket", job.bucket, "in use by stored objects. Delete them first."),
        ("templates_template", job.template, "in use by jobs: gate. Delete them first."),
        ("jobs_job", job, "in use by its captures. Stop it first."),
    ):
        text = asked(owner_client, kind, row)
        assert why in text
        assert "can't be deleted now" in text
        assert "Are you sure" not in text and 'name="post"' not in text
        assert page_of(kind, row) in text


def test_what_can_be_deleted_is_asked_for(owner_client: Client, who: Principal):
    for kind, row in (
        ("streams_stream", factories.make_stream(who)),
        ("storage_bucket", factories.make_bucket(who)),
        ("templates_template", factories.make_template(who)),
        ("jobs_job", factories.make_job(who)),
    ):
        assert "Are you sure" in asked(owner_client, kind, row)


def test_a_foreign_live_stream_is_absent_on_the_page_of_deletion(owner_client: Client, stranger: Principal):
    stream = factories.make_stream(stranger, live=True)
    response = owner_client.get(reverse("admin:streams_stream_delete", args=(stream.pk,)))
    assert response.status_code in (302, 403)


def test_a_deleted_picture_leads_back_to_its_filtered_list(owner_client: Client, who: Principal):
    job = factories.make_job(who)
    snapshots = [factories.make_snapshot(job) for _ in range(2)]
    list_url = reverse("admin:jobs_snapshot_changelist")
    listed = html.unescape(owner_client.get(list_url, {"flag": "none"}).content.decode())
    kept = "?_changelist_filters=flag%3Dnone"
    page = page_of("jobs_snapshot", snapshots[0])
    assert f"{page}{kept}" in listed
    delete_url = reverse("admin:jobs_snapshot_delete", args=(snapshots[0].pk,)) + kept
    opened = owner_client.get(page + kept)
    assert delete_url in html.unescape(opened.content.decode())
    assert kept in opened.context["panel"]["newer"]
    response = owner_client.post(delete_url, {"post": "yes"})
    assert response.url == f"{list_url}?flag=none"
    assert "was deleted" in messages_of(owner_client.get(response.url))[0]
    assert list(Snapshot.objects.values_list("pk", flat=True)) == [snapshots[1].pk]


def test_without_filters_it_leads_to_the_list(owner_client: Client, who: Principal):
    job = factories.make_job(who)
    snapshot = factories.make_snapshot(job)
    for kind, row in (("jobs_snapshot", snapshot), ("jobs_job", job), ("storage_bucket", job.bucket)):
        response = owner_client.post(reverse(f"admin:{kind}_delete", args=(row.pk,)), {"post": "yes"})
        assert response.url == reverse(f"admin:{kind}_changelist")
    assert not Job.objects.exists()
