"""What the admin writes goes through the services, and what they refuse is said where it belongs."""

import pytest
from django.test import Client
from django.urls import reverse

from jobs.models import Job
from snapplatform.access.authentication import by_access_key
from snapplatform.access.models import AccessKey, Token, User
from snapplatform.access.principal import Principal
from snapplatform.access.services import digest
from snapplatform.storage.models import Bucket
from snapplatform.streams.models import Stream, StreamKey
from templates.models import Template
from tests import factories
from tests.web.world import make_world, messages_of, page_of

GOOD_TEMPLATE = {
    "name": "Slow",
    "interval": "60",
    "capture": "keyframe",
    "sequence_format": "a/{Sequence}.jpg",
    "image_format": "jpeg",
    "quality": 80,
}


def errors_of(response) -> dict[str, list[str]]:
    assert response.status_code == 200
    return response.context["adminform"].form.errors


def test_a_template_is_made_in_the_own_account(owner_client: Client, owner: User):
    response = owner_client.post(reverse("admin:templates_template_add"), GOOD_TEMPLATE)
    made = Template.objects.get(name="Slow")
    assert response.url == page_of("templates_template", made)
    assert made.account == owner.account


def test_a_superuser_chooses_the_account(site_client: Client, who: Principal):
    given = {**GOOD_TEMPLATE, "account": who.account_id}
    assert site_client.post(reverse("admin:templates_template_add"), given).status_code == 302
    assert Template.objects.get(name="Slow").account_id == who.account_id


def test_refusals_stand_at_their_fields(owner_client: Client):
    bad = {**GOOD_TEMPLATE, "interval": "0.02", "quality": 500, "sequence_format": "../{Nope}.jpg"}
    errors = errors_of(owner_client.post(reverse("admin:templates_template_add"), bad))
    assert {"interval", "quality", "sequence_format"} <= set(errors)
    assert errors["interval"] == ["must be from 0.5 to 3600 seconds"]
    assert not Template.objects.filter(name="Slow").exists()


def test_a_change_keeps_what_was_not_touched(owner_client: Client, who: Principal):
    template = factories.make_template(who)
    given = {**GOOD_TEMPLATE, "sequence_format": template.sequence_format}
    assert owner_client.post(page_of("templates_template", template), given).status_code == 302
    template.refresh_from_db()
    assert (template.name, template.interval_ms, template.account_id) == ("Slow", 60000, who.account_id)


def test_a_refused_change_leaves_the_row(owner_client: Client, who: Principal):
    template = factories.make_template(who)
    response = owner_client.post(page_of("templates_template", template), {**GOOD_TEMPLATE, "interval": 0.1})
    assert "interval" in errors_of(response)
    template.refresh_from_db()
    assert template.interval_ms == 5000


def test_system_templates_can_only_be_looked_at(owner_client: Client, who: Principal):
    template = factories.make_template(who)
    Template.objects.filter(pk=template.pk).update(kind=Template.Kind.SYSTEM)
    assert owner_client.get(page_of("templates_template", template)).status_code == 200
    assert owner_client.post(page_of("templates_template", template), GOOD_TEMPLATE).status_code == 403


def test_what_is_in_use_is_not_deleted_and_says_why(owner_client: Client, who: Principal):
    job = factories.make_job(who)
    for kind, row in (
        ("templates_template", job.template),
        ("storage_bucket", job.bucket),
        ("streams_stream", job.stream),
    ):
        url = reverse(f"admin:{kind}_delete", args=(row.pk,))
        response = owner_client.post(url, {"post": "yes"}, follow=True)
        assert "in use by jobs" in messages_of(response)[0]
        assert type(row).objects.filter(pk=row.pk).exists()


def test_a_stream_name_taken_is_a_message_not_an_error_page(owner_client: Client, who: Principal):
    stream = factories.make_stream(who)
    given = {"name": stream.name, "title": "", "preroll_seconds": 0}
    response = owner_client.post(reverse("admin:streams_stream_add"), given)
    assert "exists already" in str(errors_of(response))
    assert Stream.objects.filter(name=stream.name).count() == 1


def test_a_bucket_is_made_and_its_retention_changed(owner_client: Client):
    given = {"name": "pictures", "endpoint": "local", "retention_days": 3}
    assert owner_client.post(reverse("admin:storage_bucket_add"), given).status_code == 302
    bucket = Bucket.objects.get(name="pictures")
    assert owner_client.post(page_of("storage_bucket", bucket), {"retention_days": 9}).status_code == 302
    bucket.refresh_from_db()
    assert bucket.retention_days == 9
    errors = errors_of(owner_client.post(page_of("storage_bucket", bucket), {"retention_days": 0}))
    assert "retention_days" in errors


def test_a_submitted_job_starts_on_a_live_stream(owner_client: Client, who: Principal):
    parts = {"stream": factories.make_stream(who, live=True), "template": factories.make_template(who)}
    given = {key: row.pk for key, row in {**parts, "bucket": factories.make_bucket(who)}.items()}
    response = owner_client.post(reverse("admin:jobs_job_add"), {**given, "skip_flags": ["black", "frozen"]})
    job = Job.objects.get(account=who.account_id)
    assert response.url == page_of("jobs_job", job)
    assert (job.status, job.skip_flags) == (Job.Status.STARTED, ["black", "frozen"])
    assert job.name == f"{job.stream.name} · {job.template.name}"


def test_a_job_is_renamed_and_its_options_changed(owner_client: Client, who: Principal):
    job = factories.make_job(who)
    given = {"name": "Night", "retention_days": 5, "aligned": "on"}
    assert owner_client.post(page_of("jobs_job", job), given).status_code == 302
    job.refresh_from_db()
    assert (job.name, job.retention_days, job.aligned) == ("Night", 5, True)
    errors = errors_of(owner_client.post(page_of("jobs_job", job), {"name": "Night", "retention_days": 0}))
    assert "retention_days" in errors


def test_an_access_key_is_shown_once_and_works(owner_client: Client, owner: User):
    response = owner_client.post(
        reverse("admin:access_accesskey_add"), {"user": owner.pk, "description": "ci"}
    )
    assert response.status_code == 200
    assert "no-store" in response.headers["Cache-Control"]
    key = AccessKey.objects.get(user=owner)
    shown = dict(response.context["shown"].values)
    assert by_access_key(key.pk, shown["Secret"]).user_id == owner.pk
    assert shown["Secret"] not in owner_client.get(page_of("access_accesskey", key)).content.decode()


def test_access_keys_and_tokens_are_revoked(owner_client: Client, who: Principal):
    world = make_world(who)
    for kind, model in (("access_accesskey", AccessKey), ("access_token", Token)):
        row = world.rows[kind]
        owner_client.post(reverse(f"admin:{kind}_delete", args=(row.pk,)), {"post": "yes"})
        assert not model.objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("way", ["button", "form"])
def test_a_stream_key_is_shown_once(owner_client: Client, who: Principal, way: str):
    stream = factories.make_stream(who)
    if way == "button":
        response = owner_client.post(reverse("admin:streams_stream_verb", args=(stream.pk, "create-key")))
    else:
        response = owner_client.post(
            reverse("admin:streams_streamkey_add"), {"stream": stream.pk, "label": "x"}
        )
    shown = dict(response.context["shown"].values)
    key = StreamKey.objects.get(stream=stream)
    assert key.digest == digest(shown["Key"])
    assert shown["OBS: stream key"] == f"{stream.name}?key={shown['Key']}"
    assert shown["Key"] not in owner_client.get(page_of("streams_stream", stream)).content.decode()


def test_a_stream_key_is_revoked(owner_client: Client, who: Principal):
    key = make_world(who).rows["streams_streamkey"]
    owner_client.post(reverse("admin:streams_streamkey_verb", args=(key.pk, "revoke")))
    key.refresh_from_db()
    assert key.revoked


def test_what_workers_write_has_no_form(owner_client: Client, who: Principal):
    world = make_world(who)
    for kind in ("jobs_snapshot", "storage_storedobject", "access_token"):
        assert owner_client.post(page_of(kind, world.rows[kind]), {"key": "x"}).status_code == 403
        assert owner_client.get(f"/admin/{kind.replace('_', '/')}/add/").status_code == 403
