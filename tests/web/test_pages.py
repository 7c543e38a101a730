"""Every page of the admin opens, for who runs the site and for an account's staff."""

import pytest
from django.test import Client
from django.urls import reverse

from snapplatform import clock
from snapplatform.access.models import Account, User
from snapplatform.access.principal import Principal
from snapplatform.cluster.models import Duty, Node
from tests import factories
from tests.web.conftest import signed_in
from tests.web.world import make_world, page_of, pages

ADDED = [
    "streams_stream",
    "streams_streamkey",
    "templates_template",
    "jobs_job",
    "storage_bucket",
    "access_user",
]
ADDED += ["access_accesskey"]
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


def test_every_page_opens_for_the_superuser(site_client: Client, who: Principal):
    for url in [*pages(make_world(who)), *(reverse(f"admin:{kind}_add") for kind in ADDED)]:
        assert site_client.get(url).status_code == 200, url


def test_every_page_opens_for_the_accounts_staff(owner_client: Client, who: Principal):
    for url in [*pages(make_world(who)), *(reverse(f"admin:{kind}_add") for kind in ADDED)]:
        assert owner_client.get(url).status_code == 200, url


def test_every_list_opens_empty(owner_client: Client, who: Principal):
    for kind in ("streams_stream", "jobs_job", "jobs_snapshot", "templates_template", "storage_bucket"):
        assert owner_client.get(reverse(f"admin:{kind}_changelist")).status_code == 200


def test_histories_and_confirmations_open(site_client: Client, who: Principal):
    for kind, row in make_world(who).rows.items():
        assert site_client.get(reverse(f"admin:{kind}_history", args=(row.pk,))).status_code == 200
        assert site_client.get(reverse(f"admin:{kind}_delete", args=(row.pk,))).status_code in (200, 403)


def test_hostile_names_stay_text(site_client: Client, owner_client: Client, who: Principal):
    world = make_world(who, name=HOSTILE)
    for url in [*pages(world), reverse("admin:index"), reverse("admin:jobs_job_add")]:
        for client in (site_client, owner_client):
            text = client.get(url).content.decode()
            assert "<script>alert" not in text, url
            assert "<img src=x" not in text, url


def test_no_page_shows_a_secret(site_client: Client, who: Principal):
    world = make_world(who)
    for url in pages(world):
        text = site_client.get(url).content.decode()
        assert not [secret for secret in world.secrets if secret in text], url


def test_times_say_their_zone(owner_client: Client, who: Principal):
    world = make_world(who)
    taken = world.rows["jobs_snapshot"].frame_at
    text = owner_client.get(page_of("jobs_snapshot", world.rows["jobs_snapshot"])).content.decode()
    assert f"{taken:%Y-%m-%d %H:%M:%S} UTC" in text


def test_nodes_and_duties_are_the_superusers_alone(site_client: Client, owner_client: Client):
    node = Node.objects.create(
        host="cam-host", pid=7, beat_at=clock.now(), started_at=clock.now(), stats={"streams": {"live": 3}}
    )
    Duty.objects.create(name="retention", due_at=clock.now(), failures=2, last_result="failed: disk")
    kinds = [("cluster_node", node.pk), ("cluster_duty", "retention")]
    for kind, pk in kinds:
        for url in (reverse(f"admin:{kind}_changelist"), reverse(f"admin:{kind}_change", args=(pk,))):
            assert site_client.get(url).status_code == 200
            assert owner_client.get(url).status_code == 403
    assert "cam-host:7" in site_client.get(reverse("admin:cluster_node_changelist")).content.decode()
    assert reverse("admin:cluster_node_changelist") not in owner_client.get("/admin/").content.decode()


def test_nobody_signed_in_sees_the_login_page(db: None):
    response = Client().get("/admin/", follow=True)
    assert response.status_code == 200
    assert response.redirect_chain[0][0].startswith("/admin/login/")


def test_who_is_no_staff_is_sent_to_sign_in(account: Account):
    response = signed_in(factories.make_user(account)).get("/admin/jobs/job/")
    assert response.status_code == 302
    assert "/admin/login/" in response.url


def test_staff_of_a_disabled_account_stay_out(owner_client: Client, account: Account):
    Account.objects.filter(pk=account.pk).update(status=Account.Status.DISABLED)
    assert owner_client.get("/admin/").status_code == 302


@pytest.mark.parametrize("url", ["/admin/", "/admin/login/", "/admin/jobs/job/", "/admin/jsi18n/"])
def test_pages_forbid_foreign_and_inline_scripts(site_client: Client, url: str):
    policy = site_client.get(url).headers["Content-Security-Policy"]
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert scripts == "script-src 'self' 'unsafe-eval'"
    assert "frame-ancestors 'none'" in policy


def test_pages_hold_no_inline_script(site_client: Client, owner_client: Client, who: Principal):
    """The policy would block it, so a page that came to need one would break."""
    for url in [*pages(make_world(who)), reverse("admin:index"), reverse("admin:jobs_job_add")]:
        text = site_client.get(url).content.decode()
        assert text.count("<script") == text.count("<script src=") + text.count("<script id="), url
        assert " onclick=" not in text


def test_a_new_user_signs_in_with_the_password_given(site_client: Client, account: Account):
    password = "tall ships sail at dawn"
    given = {
        "login": "jo",
        "ram_name": "jo",
        "password1": password,
        "password2": password,
        "account": account.pk,
    }
    response = site_client.post(reverse("admin:access_user_add"), {**given, "is_staff": "on"})
    assert response.status_code == 302
    assert User.objects.get(login="jo").account == account
    assert Client().login(username="jo", password=password)
