"""Buttons and list actions: what they do, and what they say when they can't."""

from django.test import Client
from django.urls import reverse

from jobs.models import Job, Snapshot
from snapplatform.access.models import User
from snapplatform.access.principal import Principal
from snapplatform.storage.models import StoredObject
from tests import factories
from tests.web.world import messages_of, page_of


def test_buttons_stop_start_and_restart_a_job(owner_client: Client, who: Principal):
    job = factories.make_job(who, stream=factories.make_stream(who, live=True))
    for verb, status in (("stop", "paused"), ("start", "started"), ("restart", "started")):
        url = reverse("admin:jobs_job_verb", args=(job.pk, verb))
        assert owner_client.get(url).status_code == 405
        response = owner_client.post(url, follow=True)
        assert response.redirect_chain[0][0] == page_of("jobs_job", job)
        job.refresh_from_db()
        assert job.status == status
    assert job.run == 3


def test_a_started_job_cannot_be_started_again(owner_client: Client, who: Principal):
    job = factories.make_job(who, stream=factories.make_stream(who, live=True))
    url = reverse("admin:jobs_job_verb", args=(job.pk, "start"))
    assert "already started" in messages_of(owner_client.post(url, follow=True))[0]


def test_buttons_need_the_forms_token(who: Principal, owner: User):
    job = factories.make_job(who, stream=factories.make_stream(who, live=True))
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    assert client.post(reverse("admin:jobs_job_verb", args=(job.pk, "stop"))).status_code == 403
    job.refresh_from_db()
    assert job.status == Job.Status.STARTED


def test_a_list_action_does_what_it_can_and_says_what_it_could_not(owner_client: Client, who: Principal):
    stream = factories.make_stream(who, live=True)
    started, paused = (factories.make_job(who, stream=stream) for _ in range(2))
    Job.objects.filter(pk=paused.pk).update(status=Job.Status.PAUSED)
    given = {"action": "start", "_selected_action": [started.pk, paused.pk]}
    said = messages_of(owner_client.post(reverse("admin:jobs_job_changelist"), given, follow=True))
    assert any("already started" in text for text in said)
    assert "1 job started." in said
    paused.refresh_from_db()
    assert paused.status == Job.Status.STARTED


def test_a_job_is_deleted_with_its_pictures_once_stopped(owner_client: Client, who: Principal):
    job = factories.make_job(who, stream=factories.make_stream(who, live=True))
    snapshot = factories.make_snapshot(job)
    url = reverse("admin:jobs_job_delete", args=(job.pk,))
    assert "Stop it first" in messages_of(owner_client.post(url, {"post": "yes"}, follow=True))[0]
    Job.objects.filter(pk=job.pk).update(status=Job.Status.PAUSED)
    assert ("pictures", 1) in owner_client.get(url).context["model_count"]
    assert owner_client.post(url, {"post": "yes"}).status_code == 302
    assert not StoredObject.objects.filter(pk=snapshot.object_id).exists()
    assert not Job.objects.filter(pk=job.pk).exists()


def test_chosen_pictures_are_deleted_with_their_bytes(owner_client: Client, who: Principal):
    job = factories.make_job(who)
    gone, kept = factories.make_snapshot(job), factories.make_snapshot(job)
    given = {"action": "delete_selected", "_selected_action": [gone.pk]}
    url = reverse("admin:jobs_snapshot_changelist")
    assert "Are you sure" in owner_client.post(url, given).content.decode()
    assert Snapshot.objects.filter(pk=gone.pk).exists()
    owner_client.post(url, {**given, "post": "yes"})
    assert list(Snapshot.objects.filter(job=job)) == [kept]
    assert not StoredObject.objects.filter(pk=gone.object_id).exists()
