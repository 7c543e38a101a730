"""What the forms say: all mistakes at once, seconds, buttons in words, and what a field means."""

import html

import pytest
from django.test import Client
from django.urls import reverse

from jobs.models import Job
from snapplatform.access.principal import Principal
from templates.models import Template
from tests import factories
from tests.web.world import page_of

TEMPLATE = {"name": "t", "interval": "5", "capture": "keyframe", "image_format": "jpeg", "quality": "80"}


def errors_of(client: Client, url: str, given: dict) -> dict[str, list[str]]:
    response = client.post(url, given)
    assert response.status_code == 200
    return response.context["adminform"].form.errors


def text_of(client: Client, url: str) -> str:
    return html.unescape(client.get(url).content.decode())


def test_both_formats_of_a_template_are_judged(owner_client: Client):
    given = {**TEMPLATE, "overwrite_format": "/x/{Foo}.gif", "sequence_format": "pic.jpg"}
    errors = errors_of(owner_client, reverse("admin:templates_template_add"), given)
    assert set(errors) == {"overwrite_format", "sequence_format"}


def test_what_cannot_be_read_does_not_hide_what_is_refused(owner_client: Client):
    given = {**TEMPLATE, "interval": "often", "quality": "0", "sequence_format": "pic.jpg", "name": ""}
    errors = errors_of(owner_client, reverse("admin:templates_template_add"), given)
    assert set(errors) == {"interval", "quality", "sequence_format", "name"}


def test_without_any_format_the_first_is_named(owner_client: Client):
    errors = errors_of(owner_client, reverse("admin:templates_template_add"), TEMPLATE)
    assert set(errors) == {"overwrite_format"}


@pytest.mark.parametrize(("given", "kept"), [("0.5", 500), ("3600", 3_600_000), ("1.25", 1250), ("5", 5000)])
def test_an_interval_is_given_in_seconds(owner_client: Client, given: str, kept: int):
    url = reverse("admin:templates_template_add")
    owner_client.post(url, {**TEMPLATE, "interval": given, "sequence_format": "{Sequence}.jpg"})
    template = Template.objects.get()
    assert template.interval_ms == kept
    page = owner_client.get(page_of("templates_template", template))
    assert page.context["adminform"].form["interval"].value() == kept / 1000


@pytest.mark.parametrize("given", ["0.4", "3601", "0.5001", "-1", "NaN", "1e9", ""])
def test_a_bad_interval_is_told_in_seconds(owner_client: Client, given: str):
    url = reverse("admin:templates_template_add")
    given_all = {**TEMPLATE, "interval": given, "sequence_format": "{Sequence}.jpg"}
    assert set(errors_of(owner_client, url, given_all)) == {"interval"}


def test_a_system_template_shows_its_interval(owner_client: Client, who: Principal):
    template = factories.make_template(who)
    Template.objects.filter(pk=template.pk).update(kind=Template.Kind.SYSTEM)
    assert "every 5 s" in text_of(owner_client, page_of("templates_template", template))


def test_forms_for_something_new_say_what_they_make(owner_client: Client):
    for kind, heading, button in (
        ("jobs_job", "Submit job", "Submit"),
        ("streams_stream", "Register stream", "Register"),
        ("storage_bucket", "Create bucket", "Create"),
        ("templates_template", "Create template", "Create"),
    ):
        response = owner_client.get(reverse(f"admin:{kind}_add"))
        assert (response.context["title"], response.context["submit_label"]) == (heading, button)
        assert f'<h2 class="snap-heading">{heading}</h2>' in response.content.decode()


def test_a_change_is_saved(owner_client: Client, who: Principal):
    text = text_of(owner_client, page_of("jobs_job", factories.make_job(who)))
    assert "Save and continue editing" in text
    assert "snap-heading" not in text


def test_autostart_is_on_and_explained(owner_client: Client, who: Principal):
    url = reverse("admin:jobs_job_add")
    assert owner_client.get(url).context["adminform"].form["autostart"].value() is True
    assert "if nobody publishes its stream it waits for it" in text_of(owner_client, url)
    parts = {"stream": factories.make_stream(who), "template": factories.make_template(who)}
    given = {name: row.pk for name, row in {**parts, "bucket": factories.make_bucket(who)}.items()}
    owner_client.post(url, {**given, "name": "waits", "autostart": "on"})
    owner_client.post(url, {**given, "name": "idles"})
    found = dict(Job.objects.values_list("name", "status"))
    assert found == {"waits": "started", "idles": "init"}


def test_all_mistakes_of_a_job_are_told(owner_client: Client, who: Principal):
    given = {"name": "x" * 129, "retention_days": "0", "skip_flags": ["blue"]}
    errors = errors_of(owner_client, reverse("admin:jobs_job_add"), given)
    assert {"name", "retention_days", "skip_flags", "stream", "template", "bucket"} <= set(errors)


def test_a_bucket_says_that_its_endpoint_is_a_label(owner_client: Client, who: Principal):
    assert "Nothing is sent there" in text_of(owner_client, reverse("admin:storage_bucket_add"))
    page = page_of("storage_bucket", factories.make_bucket(who, endpoint="oss-cn-shanghai.aliyuncs.com"))
    for url in (page, reverse("admin:storage_bucket_add")):
        assert "files in a folder on this server's disk" in text_of(owner_client, url)


def test_a_users_ram_name_is_explained(site_client: Client):
    assert "The user's name in policies" in text_of(site_client, reverse("admin:access_user_add"))
